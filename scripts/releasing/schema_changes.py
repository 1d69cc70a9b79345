"""Two JSON schemas compared: what of the new one breaks a client that knows the old one.

A schema of a request must go on to accept everything; one of a response must go on to promise everything.
"""

from dataclasses import dataclass

UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
# A text that matches one of two patterns cannot be told from the patterns.
EXACT = ("pattern", "format", "const", "multipleOf")

# A client must expect values here that it does not know (docs/VERSIONING.md).
OPEN = {"#/components/schemas/ProblemCode"}


@dataclass(frozen=True)
class Comparison:
    """The two documents that `$ref` leads into, and which way the data goes."""

    old: dict
    new: dict
    request: bool

    def faults(self, old, new, place, seen=frozenset()):
        """Every break between two schemas, as sentences that begin with the place."""
        references = (old.get("$ref"), new.get("$ref"))
        if references[0] and references in seen:
            return []
        seen = seen | {references}
        is_open = references[1] in OPEN
        old, new = resolve(self.old, old), resolve(self.new, new)
        if "anyOf" in old or "anyOf" in new:
            return self._alternatives(old.get("anyOf", [old]), new.get("anyOf", [new]), place, seen)
        found = self._types(old, new, place) + self._enums(old, new, place, is_open) + self._exact(old, new, place)
        if self.request:
            found += _limits(old, new, place)
        found += self._members(old, new, place, seen)
        if "items" in old:
            found += self.faults(old["items"], new.get("items", {}), f"{place}[]", seen)
        return found

    def _alternatives(self, old, new, place, seen):
        wanted, offered = (old, new) if self.request else (new, old)
        for one in wanted:
            pairs = [(one, other) if self.request else (other, one) for other in offered]
            if all(self.faults(*pair, place, seen) for pair in pairs):
                verb = "no longer accepts" if self.request else "may now be"
                return [f"{place} {verb} the alternative {_short(one)}"]
        return []

    def _types(self, old, new, place):
        before, after = _types(old), _types(new)
        lost = before - after if self.request else after - before
        if before == after or not lost:
            return []
        verb = "no longer accepts" if self.request else "may now be"
        return [f"{place} {verb} {', '.join(sorted(lost))}"]

    def _enums(self, old, new, place, is_open):
        before, after = old.get("enum"), new.get("enum")
        if before is None:
            return [f"{place} is limited to {_short(after)}"] if after is not None and self.request else []
        if after is None:
            return [] if self.request or is_open else [f"{place} may now have any value"]
        gone = [value for value in before if value not in after]
        found = [f"{place} lost the value {_short(value)}" for value in gone]
        if not self.request and not is_open:
            found += [f"{place} may now be {_short(value)}" for value in after if value not in before]
        return found

    def _exact(self, old, new, place):
        found = []
        for word in EXACT:
            before, after = old.get(word), new.get(word)
            narrowed = after is not None if self.request else before is not None and word != "pattern"
            if before != after and narrowed:
                found.append(f"{place}: {word} is {_short(after)} and was {_short(before)}")
        return found

    def _members(self, old, new, place, seen):
        before, after = old.get("properties", {}), new.get("properties", {})
        required = set(old.get("required", [])), set(new.get("required", []))
        found = [f"{place}.{name} is gone" for name in before if name not in after]
        if self.request:
            found += [f"{place}.{name} is required now" for name in sorted(required[1] - required[0])]
            if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
                found.append(f"{place} no longer accepts members that it does not know")
        else:
            lost = required[0] - required[1]
            found += [f"{place}.{name} may be missing now" for name in sorted(lost) if name in after]
        for name in before.keys() & after.keys():
            found += self.faults(before[name], after[name], f"{place}.{name}", seen)
        return found


def resolve(document, schema):
    """The schema that a `$ref` leads to, with the parts of an `allOf` as one."""
    while "$ref" in schema:
        node = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        schema = node
    whole = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema.get("allOf", []):
        part = resolve(document, part)
        members = {**part.get("properties", {}), **whole.get("properties", {})}
        required = [*part.get("required", []), *whole.get("required", [])]
        whole = {**part, **whole, "properties": members, "required": required}
    return whole


def _types(schema):
    types = schema.get("type", [])
    types = {types} if isinstance(types, str) else set(types)
    # An integer is a number too.
    return types | {"integer"} if "number" in types else types or {"anything"}


def _limits(old, new, place):
    found = []
    for words, sign in ((UPPER, 1), (LOWER, -1)):
        for word in words:
            before, after = old.get(word), new.get(word)
            if after is not None and (before is None or sign * after < sign * before):
                found.append(f"{place}: {word} is {after} and was {'not limited' if before is None else before}")
    if new.get("uniqueItems") and not old.get("uniqueItems"):
        found.append(f"{place} no longer accepts the same item twice")
    return found


def _short(value):
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
