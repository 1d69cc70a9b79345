"""Two OpenAPI documents compared: what of the new one breaks a client of the old one (docs/VERSIONING.md)."""

from .schema_changes import Comparison, resolve

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


def breaks(old, new):
    """Every break, as a sentence that begins with the operation."""
    found = []
    for path, item in old["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            name = f"{method.upper()} {path}"
            other = new["paths"].get(path, {}).get(method)
            found += [f"{name} is gone"] if other is None else _operation(old, new, item[method], other, name)
    return found


def _operation(old, new, before, after, name):
    documents = (old, new)
    found = []
    if before.get("operationId") != after.get("operationId"):
        found.append(f"{name}: its operationId is {after.get('operationId')} and was {before.get('operationId')}")
    # An empty list means that no token is needed.
    security = [operation.get("security", document.get("security", [])) for document, operation in ((old, before), (new, after))]
    if any(scheme not in security[0] for scheme in security[1]):
        found.append(f"{name} asks for other credentials: {security[1]}")
    found += _parameters(documents, before, after, name)
    found += _body(documents, before.get("requestBody"), after.get("requestBody"), f"{name}, body")
    found += _responses(documents, before["responses"], after["responses"], name)
    return found


def _parameters(documents, before, after, name):
    def named(document, operation):
        parameters = (resolve(document, it) for it in operation.get("parameters", []))
        return {(it["in"], it["name"]): it for it in parameters}

    before, after = named(documents[0], before), named(documents[1], after)
    found = []
    for key, parameter in after.items():
        if parameter.get("required") and not before.get(key, {}).get("required"):
            found.append(f"{name}: the {key[0]} parameter {key[1]} is required now")
    for key, parameter in before.items():
        place = f"{name}, {key[0]} parameter {key[1]}"
        other = after.get(key)
        if other is None:
            found.append(f"{place} is gone")
            continue
        for word in ("style", "explode"):
            if parameter.get(word) != other.get(word):
                found.append(f"{place}: {word} is {other.get(word)} and was {parameter.get(word)}")
        schemas = parameter.get("schema", {}), other.get("schema", {})
        defaults = [resolve(*pair).get("default") for pair in zip(documents, schemas)]
        if defaults[0] != defaults[1]:
            found.append(f"{place}: its default is {defaults[1]!r} and was {defaults[0]!r}")
        found += Comparison(*documents, request=True).faults(*schemas, place)
    return found


def _body(documents, before, after, place):
    before, after = resolve(documents[0], before or {}), resolve(documents[1], after or {})
    found = []
    if after.get("required") and not before.get("required"):
        found.append(f"{place} is required now")
    return found + _content(documents, before, after, place, request=True)


def _content(documents, before, after, place, request):
    found = []
    for kind, media in before.get("content", {}).items():
        other = after.get("content", {}).get(kind)
        if other is None:
            found.append(f"{place}: {kind} is gone")
        else:
            schemas = media.get("schema", {}), other.get("schema", {})
            found += Comparison(*documents, request=request).faults(*schemas, place)
    return found


def _responses(documents, before, after, name):
    found = []
    for status, response in before.items():
        place = f"{name}, {status}"
        if status not in after:
            # A refusal that no longer happens breaks nobody.
            found += [f"{place} is gone"] if status < "4" else []
            continue
        response, other = resolve(documents[0], response), resolve(documents[1], after[status])
        headers = response.get("headers", {}).keys() - other.get("headers", {}).keys()
        found += [f"{place}: the header {header} is gone" for header in sorted(headers)]
        found += _content(documents, response, other, place, request=False)
    found += [f"{name} may now answer {status}" for status in after if status < "4" and status not in before]
    return found
