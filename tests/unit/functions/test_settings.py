"""The environment becomes settings, or one clear line."""

from __future__ import annotations

import pytest

from functions.platform.settings import Settings, SettingsError, duration, load, variable
from graphcore.graph.model import Limits


def test_nothing_set_means_kros_defaults() -> None:
    settings = load({"KROFN_RUN_DEADLINE": ""})
    assert settings == Settings()
    assert (settings.allow_crd_deletion, settings.rgd_max_graph_revisions, settings.instance_requeue_interval) == (False, 5, 3.0)
    assert settings.limits == Limits()


@pytest.mark.feature(142)
@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("KROFN_ALLOW_CRD_DELETION", "true", "allow_crd_deletion", True),
        ("KROFN_RGD_MAX_GRAPH_REVISIONS", "0", "rgd_max_graph_revisions", 0),
        ("KROFN_RGD_MAX_COLLECTION_SIZE", "20", "rgd_max_collection_size", 20),
        ("KROFN_RGD_MAX_COLLECTION_DIMENSION_SIZE", "2", "rgd_max_collection_dimension_size", 2),
        ("KROFN_INSTANCE_REQUEUE_INTERVAL", "0", "instance_requeue_interval", 0.0),
        ("KROFN_RGD_PROGRESS_REQUEUE_DELAY", "1m30s", "rgd_progress_requeue_delay", 90.0),
        (
            "KROFN_FEATURE_GATES",
            "CELOmitFunction=true, InstanceConditionEvents=false",
            "feature_gates",
            {"CELOmitFunction": True, "InstanceConditionEvents": False},
        ),
        ("KROFN_VERSION_LABEL", "v1.2.3+dirty", "version_label", "v1.2.3-dirty"),
        ("KROFN_RESYNC_PERIOD", "10m", "resync_period", 600.0),
        ("KROFN_RUN_DEADLINE", "200ms", "run_deadline", 0.2),
        ("K_SINK", "http://broker/ns/b/", "sink", "http://broker/ns/b"),
        ("KROFN_SERVICE_ACCOUNTS", "bridge=a/b, instance=a/c.d", "service_accounts", {"bridge": "a/b", "instance": "a/c.d"}),
        ("KROFN_SERVICE_ACCOUNTS", "unknown", "service_accounts", {"unknown": ""}),
    ],
)
def test_a_variable_sets_its_field(name: str, text: str, field: str, value: object) -> None:
    assert variable(field) == name
    assert getattr(load({name: text}), field) == value


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("KROFN_ALLOW_CRD_DELETION", "yes", "write true or false"),
        ("KROFN_RGD_MAX_COLLECTION_SIZE", "0", "must be 1 or more"),
        ("KROFN_RGD_MAX_COLLECTION_SIZE", "many", "not a whole number"),
        ("KROFN_INSTANCE_REQUEUE_INTERVAL", "3 parsecs", "not a duration"),
        ("KROFN_RUN_DEADLINE", "0s", "longer than 0"),
        ("KROFN_FEATURE_GATES", "CELOmitFunction", "Name=true"),
        ("KROFN_FEATURE_GATES", "Unknown=true", "unknown feature gate"),
        ("KROFN_VERSION_LABEL", "a b", "not a valid label value"),
        ("KROFN_INSTANCE_URL", "ftp://x", "not an http URL"),
        ("KROFN_SERVICE_ACCOUNTS", "fanout=a/b", "instance=namespace/name"),
        ("KROFN_SERVICE_ACCOUNTS", "bridge=b", "bridge=namespace/name"),
    ],
)
def test_a_bad_value_names_the_variable(name: str, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({name: text})
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(("text", "value"), [("3s", 3), ("1h2m3s", 3723), ("1.5m", 90), ("250ms", 0.25), ("10", 10), ("0", 0)])
def test_durations_are_gos(text: str, value: float) -> None:
    assert duration(text) == pytest.approx(value)
