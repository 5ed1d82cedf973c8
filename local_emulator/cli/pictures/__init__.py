"""Pictures of a compiled graph: terminal tree, Mermaid, DOT, SVG and a page of HTML that needs nothing else."""

from local_emulator.cli.pictures.html import html
from local_emulator.cli.pictures.layout import Layout, lay_out
from local_emulator.cli.pictures.model import Picture, picture_of
from local_emulator.cli.pictures.svg import svg
from local_emulator.cli.pictures.text import dot, mermaid, tree

__all__ = ["Layout", "Picture", "dot", "html", "lay_out", "mermaid", "picture_of", "svg", "tree"]
