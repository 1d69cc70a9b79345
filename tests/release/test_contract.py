"""Each kind of break in openapi.json is found, and what breaks nobody is let through."""

import copy
import json
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from releasing.openapi_changes import breaks  # noqa: E402

CONTRACT = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
LIST = CONTRACT["paths"]["/api/{user_id}/tasks"]["get"]


def schema(name):
    return lambda it: it["components"]["schemas"][name]


def member(name, key):
    return lambda it: it["components"]["schemas"][name]["properties"][key]


def tasks(it):
    return it["paths"]["/api/{user_id}/tasks"]


def parameter(name):
    return lambda it: next(one for one in tasks(it)["get"]["parameters"] if one.get("name") == name)


def query_schema(name):
    return lambda it: parameter(name)(it)["schema"]


# What is changed, how, and a part of the sentence that must come.
BREAKS = {
    "a path": (lambda it: it["paths"], lambda it: it.pop("/api/me"), "GET /api/me is gone"),
    "an operation": (tasks, lambda it: it.pop("post"), "POST /api/{user_id}/tasks is gone"),
    "an operation's name": (lambda it: tasks(it)["get"], lambda it: it.update(operationId="tasks"), "its operationId is tasks"),
    "credentials": (lambda it: it["paths"]["/health"]["get"], lambda it: it.update(security=[{"bearer": []}]), "other credentials"),
    "a parameter": (lambda it: tasks(it)["get"]["parameters"], lambda it: it.pop(0), "query parameter status is gone"),
    "a parameter that is required now": (parameter("limit"), lambda it: it.update(required=True), "limit is required now"),
    "a new required parameter": (
        lambda it: tasks(it)["get"]["parameters"],
        lambda it: it.append({"name": "zone", "in": "query", "required": True, "schema": {"type": "string"}}),
        "zone is required now",
    ),
    "how a list is written": (parameter("priority"), lambda it: it.update(explode=False), "explode is False"),
    "a default": (query_schema("limit"), lambda it: it.update(default=50), "its default is 50"),
    "a lower maximum": (query_schema("limit"), lambda it: it.update(maximum=100), "maximum is 100 and was 200"),
    "a higher minimum": (query_schema("limit"), lambda it: it.update(minimum=10), "minimum is 10 and was 1"),
    "a value of a parameter": (query_schema("status"), lambda it: it["enum"].remove("pending"), "lost the value 'pending'"),
    "a parameter of another type": (query_schema("completed"), lambda it: it.update(type="string"), "no longer accepts boolean"),
    "a new limit": (query_schema("completed"), lambda it: it.update(enum=[True]), "is limited to [True]"),
    "an alternative of a parameter": (query_schema("due_before"), lambda it: it["anyOf"].pop(), "the alternative"),
    "a required member": (schema("NewTask"), lambda it: it["required"].append("priority"), ".priority is required now"),
    "a member of a request": (schema("NewTask"), lambda it: it["properties"].pop("tags"), ".tags is gone"),
    "a shorter title": (member("NewTask", "title"), lambda it: it.update(maxLength=10), "maxLength is 10"),
    "a pattern": (member("NewTask", "title"), lambda it: it.update(pattern="^a"), "pattern is '^a'"),
    "null no longer accepted": (member("TaskChanges", "description"), lambda it: it.update(type="string"), "no longer accepts null"),
    "a required body": (
        lambda it: it["paths"]["/api/{user_id}/tasks/{id}/complete"]["patch"],
        lambda it: it["requestBody"].update(required=True),
        "body is required now",
    ),
    "a type of a body": (lambda it: tasks(it)["post"]["requestBody"]["content"], lambda it: it.clear(), "application/json is gone"),
    "a member of a response": (schema("Task"), lambda it: it["properties"].pop("tags"), ".tags is gone"),
    "a member that may be missing": (schema("Task"), lambda it: it["required"].remove("title"), ".title may be missing now"),
    "a member of another type": (member("Task", "id"), lambda it: it.update(type="string"), "may now be string"),
    "a member that may be null": (member("Task", "title"), lambda it: it.update(type=["string", "null"]), "may now be null"),
    "a format": (member("Task", "created_at"), lambda it: it.pop("format"), "format is None"),
    "a value that a client does not know": (member("Task", "priority"), lambda it: it["enum"].append("urgent"), "may now be 'urgent'"),
    "an error code": (schema("ProblemCode"), lambda it: it["enum"].remove("forbidden"), "lost the value 'forbidden'"),
    "a success": (lambda it: tasks(it)["post"]["responses"], lambda it: it.pop("201"), "201 is gone"),
    "another success": (
        lambda it: tasks(it)["post"]["responses"],
        lambda it: it.update({"202": {"description": "Later."}}),
        "may now answer 202",
    ),
    "a header of a response": (
        lambda it: tasks(it)["post"]["responses"]["201"]["headers"],
        lambda it: it.pop("Location"),
        "the header Location is gone",
    ),
}

HARMLESS = {
    "texts": (lambda it: it["info"], lambda it: it.update(description="Other words.")),
    "a new path": (lambda it: it["paths"], lambda it: it.update({"/new": copy.deepcopy(it["/health"])})),
    "a new optional parameter": (
        lambda it: tasks(it)["get"]["parameters"],
        lambda it: it.append({"name": "zone", "in": "query", "schema": {"type": "string"}}),
    ),
    "a higher maximum": (query_schema("limit"), lambda it: it.update(maximum=500)),
    "a value of a parameter": (query_schema("status"), lambda it: it["enum"].append("late")),
    "a member of a request": (schema("NewTask"), lambda it: it["properties"].update(color={"type": "string"})),
    "a member of a response": (schema("Task"), lambda it: it["properties"].update(color={"type": "string"})),
    "a new error code": (schema("ProblemCode"), lambda it: it["enum"].append("teapot")),
    "a refusal that is gone": (lambda it: tasks(it)["post"]["responses"], lambda it: it.pop("413")),
    "a new refusal": (lambda it: tasks(it)["get"]["responses"], lambda it: it.update({"418": {"description": "Tea."}})),
}


def changed(where, how):
    contract = copy.deepcopy(CONTRACT)
    how(where(contract))
    return contract


class Contract(unittest.TestCase):
    def test_the_same_document_breaks_nothing(self):
        self.assertEqual(breaks(CONTRACT, copy.deepcopy(CONTRACT)), [])

    def test_each_break_is_found(self):
        for name, (where, how, sentence) in BREAKS.items():
            with self.subTest(name):
                found = breaks(CONTRACT, changed(where, how))
                self.assertTrue(any(sentence in one for one in found), f"{sentence!r} is not in {found}")

    def test_what_breaks_nobody_is_let_through(self):
        for name, (where, how) in HARMLESS.items():
            with self.subTest(name):
                self.assertNotEqual(CONTRACT, changed(where, how), "nothing was changed")
                self.assertEqual(breaks(CONTRACT, changed(where, how)), [])


if __name__ == "__main__":
    unittest.main()
