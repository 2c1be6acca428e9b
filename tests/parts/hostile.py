"""What people have put into a panel's domain field to get into its Caddyfile."""

from __future__ import annotations

# Each of these is text that Caddy would read as something else than the name of one site.
HOSTILE = (
    "a.ex {\n respond x\n}\nhttp://victim.ex",
    "a.ex{",
    "import /etc/passwd",
    "{$FP_SECRET_KEY}.ex",
    "{env.HOME}",
    "{$HOME}",
    "{file./etc/passwd}",
    "a.ex\n",
    "http://",
    "https://a.example",
    ":80",
    "a.example:2019",
    "a.example/admin",
    "a.example, evil.example",
    "*.example",
    "a.exa\x00mple",
    'a".example',
    "`a`.example",
    "a.example #",
    "a.example\tevil.example",
    "a.example\u00a0evil.example",
    "a.example\u2028evil.example",
    "(site)",
)

# One name in other spellings: Caddy takes each for a site of its own, and the panel for the one that it is.
SPELLINGS = {
    "GOOD.example": "good.example",
    "good.example.": "good.example",
    "good。example": "good.example",
    "bücher.example": "xn--bcher-kva.example",
    "BU\u0308CHER.example": "xn--bcher-kva.example",
    "XN--BCHER-KVA.example": "xn--bcher-kva.example",
}
