"""The layout of every stand-in's pages for people; they have no script and load nothing."""

from __future__ import annotations

_LAYOUT = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} - {{ site | default('Emporix sandbox') }}</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 45rem; padding: 0 1rem; }
article { border-top: 1px solid; margin-top: 1.5rem; padding-top: .5rem; }
h2 { font-size: 1.1rem; margin: .5rem 0; }
dl { display: grid; gap: .25rem 1rem; grid-template-columns: max-content 1fr; margin: 0; }
dd { margin: 0; overflow-wrap: anywhere; }
button { font: inherit; min-height: 2.75rem; padding: 0 1rem; }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
"""
_END = """\
</main>
</body>
</html>
"""


def page(body: str) -> str:
    """Make a Jinja template of a page's inside; it takes `title`, the heading too, and `site`, the stand-in's name."""
    return _LAYOUT + body + _END
