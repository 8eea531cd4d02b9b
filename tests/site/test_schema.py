"""The JSON Schema for editors."""

import tomllib

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from otha.site.schema import SCHEMA_FILE, schema_text, site_schema
from tests.site.examples import BROKEN, TWO_TANKS


def test_the_shipped_schema_is_current() -> None:
    """Mend with `python -m otha.site.schema`."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_it_is_a_schema_and_takes_the_demo_site() -> None:
    jsonschema.Draft202012Validator.check_schema(site_schema())
    jsonschema.validate(tomllib.loads(TWO_TANKS.read_text(encoding="utf-8")), site_schema())


@pytest.mark.parametrize("name", ["misspelt", "wrong_types", "missing", "built_later"])
def test_it_refuses_what_is_badly_written(name: str) -> None:
    raw = tomllib.loads((BROKEN / f"{name}.toml").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(raw, site_schema())


def test_every_key_is_explained() -> None:
    def walk(schema: object, path: str) -> None:
        if isinstance(schema, dict):
            for key, inner in schema.get("properties", {}).items():
                assert inner.get("description"), f"{path}.{key}"
                walk(inner, f"{path}.{key}")
            for name, inner in schema.get("$defs", {}).items():
                walk(inner, name)

    walk(site_schema(), "")
