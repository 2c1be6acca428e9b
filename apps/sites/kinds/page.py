"""The first page of a site that has no application: readable, without anything from elsewhere."""

from __future__ import annotations

from html import escape

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{mark}">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark }}
  body {{ margin: 0; min-height: 100vh; display: grid; place-items: center }}
  body {{ font: 1.05rem/1.6 system-ui, sans-serif }}
  main {{ max-width: 34rem; padding: 2rem }}
  h1 {{ font-size: 2rem; line-height: 1.2; margin: 0 0 1rem; overflow-wrap: anywhere }}
  code {{ font: .95em ui-monospace, monospace }}
</style>
</head>
<body>
<main>
{body}</main>
</body>
</html>
"""


def page(mark: str, title: str, body: str) -> str:
    """A whole page. *mark* is what it is recognised by; *body* is HTML already."""
    return PAGE.format(mark=mark, title=escape(title), body=body)
