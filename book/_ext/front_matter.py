"""The YAML block that opens a chapter."""

import re

import yaml

BLOCK = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


def split(text: str) -> tuple[dict, str]:
    r"""Return a chapter's front matter and the text below it.

    >>> split("---\ndata: [esol]\n---\n# Title\n")
    ({'data': ['esol']}, '# Title\n')
    >>> split("# Title\n")
    ({}, '# Title\n')
    """
    match = BLOCK.match(text)
    if match is None:
        return {}, text
    return yaml.safe_load(match[1]) or {}, text[match.end() :]
