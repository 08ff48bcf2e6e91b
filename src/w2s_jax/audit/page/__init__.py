"""An audit as one page of HTML, with its pictures."""
