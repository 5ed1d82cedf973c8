"""``krofn graph`` and ``krofn lint`` on files."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local_emulator.cli.main import group

SHOP = Path(__file__).parent.parent.parent.parent / "examples" / "shop" / "rgd.yaml"
NODES = ("settings", "config", "account", "backend", "service", "edges", "ingress")


def krofn(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(group, list(arguments), input=stdin)


def test_tree_names_nodes_in_order_with_conditions() -> None:
    result = krofn("graph", "-f", str(SHOP))
    assert result.exit_code == 0
    places = [result.stdout.index(f" {name}  ") for name in NODES]
    assert places == sorted(places)
    assert "after config, account" in result.stdout or "after account, config" in result.stdout
    assert "includeWhen schema.spec.public" in result.stdout
    assert "forEach region in schema.spec.regions" in result.stdout


def test_svg_is_well_formed_and_has_every_node_and_edge() -> None:
    root = ElementTree.fromstring(krofn("graph", "-f", str(SHOP), "-o", "svg").stdout)
    space = "{http://www.w3.org/2000/svg}"
    assert {each.get("data-id") for each in root.iter(f"{space}g")} == {"schema", *NODES}
    edges = {(each.get("data-from"), each.get("data-to")) for each in root.iter(f"{space}path") if each.get("class") == "edge"}
    assert {("settings", "config"), ("config", "backend"), ("account", "backend"), ("service", "ingress"), ("schema", "account")} <= edges


def test_boxes_do_not_overlap() -> None:
    root = ElementTree.fromstring(krofn("graph", "-f", str(SHOP), "-o", "svg").stdout)
    boxes = []
    for each in root.iter("{http://www.w3.org/2000/svg}g"):
        front = next(r for r in each.iter("{http://www.w3.org/2000/svg}rect") if r.get("class") != "back")
        boxes.append([float(front.get(key, 0)) for key in ("x", "y", "width", "height")])
    for index, (x, y, w, h) in enumerate(boxes):
        for other_x, other_y, other_w, other_h in boxes[index + 1 :]:
            assert x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y


def test_html_is_self_contained_and_its_data_is_json() -> None:
    page = krofn("graph", "-f", str(SHOP), "-o", "html").stdout
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page

    class Data(HTMLParser):
        inside = False
        text = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.inside = tag == "script" and ("id", "data") in attrs

        def handle_data(self, data: str) -> None:
            self.text += data if self.inside else ""

    parser = Data()
    parser.feed(page)
    assert set(json.loads(parser.text)) == {"schema", *NODES}


@pytest.mark.parametrize(("form", "words"), [("mermaid", "n_service --> n_ingress"), ("dot", '"service" -> "ingress"')])
def test_other_forms(form: str, words: str) -> None:
    assert words in krofn("graph", "-f", str(SHOP), "-o", form).stdout


def test_pictures_are_deterministic() -> None:
    for form in ("tree", "mermaid", "dot", "svg", "html"):
        assert krofn("graph", "-f", str(SHOP), "-o", form).stdout == krofn("graph", "-f", str(SHOP), "-o", form).stdout


def test_a_refused_definition_has_no_picture(tmp_path: Path) -> None:
    broken = tmp_path / "rgd.yaml"
    broken.write_text(SHOP.read_text().replace("schema.spec.public", "schema.spec.publik"))
    result = krofn("graph", "-f", str(broken))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "undefined field 'publik'" in result.stderr


def test_lint_warns_and_strict_fails(tmp_path: Path) -> None:
    file = tmp_path / "rgd.yaml"
    file.write_text(SHOP.read_text().replace('"[]string | default=[]"', '"[]string"'))
    plain, strict = krofn("lint", "-f", str(file)), krofn("lint", "-f", str(file), "--strict")
    assert plain.exit_code == 0
    assert "optional-field" in plain.stdout
    assert strict.exit_code == 1
    assert "1 warning" in strict.stderr
    found = json.loads(krofn("lint", "-f", str(file), "-o", "json").stdout)["definitions"][0]["problems"]
    assert [(item["code"], item["severity"], item["node"], item["path"]) for item in found] == [
        ("optional-field", "warning", "edges", "forEach[0].region")
    ]
