<?php
/* Makes values and serializes them (["make", values]), or says which pairs are not what PHP reads (["judge", pairs]). */

class Known
{
    public $a;
    protected $b;
    private $c;

    public function set(array $values): static
    {
        [$this->a, $this->b, $this->c] = $values;
        return $this;
    }
}

function made(mixed $value): mixed
{
    if (!is_array($value)) {
        return $value;
    }
    [$kind, $inner] = [array_key_first($value), reset($value)];
    switch ($kind) {
        case 'fp-object':
            return (new Known)->set([made($inner), made($value['other']), 1]);
        case 'fp-serialized':
            return serialize(made($inner));
        case 'fp-json':
            return json_encode(made($inner), JSON_PARTIAL_OUTPUT_ON_ERROR);
    }
    $all = array_map('made', $value);
    if ($all) {
        $all['again'] = &$all[array_key_first($all)]; // a reference
    }
    return $all;
}

/** $value as nothing but arrays and texts, each of which has gone through $text. */
function walk(mixed $value, callable $text): mixed
{
    if (is_object($value)) {
        return ['object' => array_map(fn ($one) => walk($one, $text), (array) $value)];
    }
    if (is_array($value)) {
        $walked = [];
        foreach ($value as $key => $one) {
            $walked[is_string($key) ? $text($key) : $key] = walk($one, $text);
        }
        return $walked;
    }
    if (!is_string($value)) {
        return $value;
    }
    if (preg_match('/^\s*(?:[aOsCE]:\d+:["{].*[;}]|a:\d+:\{\})\s*$/sD', $value)) {
        $inner = @unserialize($value);
        return $inner === false ? ['broken' => $value] : ['serialized' => walk($inner, $text)];
    }
    if (preg_match('/^\s*[{["]/', $value) && preg_match('/[aOCsS]:\d+:(?:\{|\\\\*")/', $value)) {
        $inner = json_decode($value, true);
        return $inner === null ? $text($value) : ['json' => walk($inner, $text)];
    }
    return $text($value);
}

[, [$what, $all, $new]] = $given;
if ($what === 'make') {
    echo json_encode(array_map(fn ($one) => base64_encode(serialize(made($one))), $all));
    return;
}
$replaced = fn ($text) => preg_replace('~((?:\\\\{0,15}/){2})old\.test(?![\w-]|\.\w)~', "\$1$new", $text);
$wrong = [];
foreach ($all as [$before, $after]) {
    $wanted = walk(base64_decode($before), $replaced);
    if (serialize($wanted) !== serialize(walk(base64_decode($after), fn ($text) => $text))) {
        $wrong[] = [$before, $after];
    }
}
echo json_encode($wrong);
