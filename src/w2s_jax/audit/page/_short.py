"""Long names, cut to what a sentence or a picture can bear."""


def short(text: str, most: int = 60) -> str:
    """Cut a text in its middle.

    Example:
        >>> short("a" * 30 + "b" * 30, 11)
        'aaaaa…bbbbb'
    """
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"
