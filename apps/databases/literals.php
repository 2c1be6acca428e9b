<?php
/* Where plain texts stand in a PHP file: < {"form", "names", "text"}, > {name: [[start, end, value], ...]} in bytes. */
ini_set('display_errors', '0');
$asked = json_decode(file_get_contents('php://stdin'), true);
$found = array_fill_keys($asked['names'], []);
try {
    $all = PhpToken::tokenize(base64_decode($asked['text']), TOKEN_PARSE);
} catch (ParseError) {
    exit(1);
}
$tokens = array_values(array_filter($all, static fn (PhpToken $token): bool => !$token->isIgnorable()));
$is = static fn (int $at, mixed $kind): bool => isset($tokens[$at]) && $tokens[$at]->is($kind);
$value = static fn (int $at): string => eval('return ' . $tokens[$at]->text . ';'); // a literal, by its token
foreach ($tokens as $at => $token) {
    if ($asked['form'] === 'constant') {
        $begins = $token->is([T_STRING, T_NAME_FULLY_QUALIFIED]) && ltrim(strtolower($token->text), '\\') === 'define'
            && $is($at + 1, '(') && $is($at + 2, T_CONSTANT_ENCAPSED_STRING) && $is($at + 3, ',');
        [$name, $place, $ends] = [$begins ? $value($at + 2) : '', $at + 4, [')', ',']];
    } else {
        $begins = $token->is(T_VARIABLE) && $is($at + 1, '=') && $at > 0
            && $tokens[$at - 1]->is([T_PUBLIC, T_VAR, T_STRING]);
        [$name, $place, $ends] = [ltrim($token->text, '$'), $at + 2, [';']];
    }
    if ($begins && isset($found[$name])) {
        $plain = $is($place, T_CONSTANT_ENCAPSED_STRING) && $is($place + 1, $ends);
        $found[$name][] = $plain
            ? [$tokens[$place]->pos, $tokens[$place]->pos + strlen($tokens[$place]->text), base64_encode($value($place))]
            : null;
    }
}
foreach ($found as $name => $places) {
    $found[$name] = in_array(null, $places, true) ? [] : $places; // one that is not plain: nothing here is sure
}
echo json_encode($found);
