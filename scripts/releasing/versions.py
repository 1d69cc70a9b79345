"""Versions of Semantic Versioning, the changelog, and when a break is allowed."""

import re

HEADINGS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def parse(version):
    """`1.2.3` as numbers; a version of ours has no other parts."""
    match = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", version)
    if not match:
        raise ValueError(f"{version!r} is no version such as 1.2.3.")
    return tuple(int(number) for number in match.groups())


def may_break(last, next_version):
    """Whether the step allows a breaking change: a new major; before 1.0, a new minor."""
    (major, minor, _), (next_major, next_minor, _) = parse(last), parse(next_version)
    return next_major > major or (major == next_major == 0 and next_minor > minor)


def released(changelog):
    """The versions of the changelog and their dates, newest first."""
    return re.findall(r"^## (\d\S*) - (\d{4}-\d{2}-\d{2})$", changelog, re.M)


def section(changelog, title):
    """What stands below `## title`, or None."""
    match = re.search(rf"^## {re.escape(title)}(?: - \S+)?\n(.*?)(?=^## |\Z)", changelog, re.M | re.S)
    return match and match.group(1).strip()


def changelog_faults(changelog, version):
    """What is wrong with the changelog of a tree that has this version."""
    found = []
    titles = re.findall(r"^## (.*)$", changelog, re.M)
    versions = [name for name, _ in released(changelog)]
    if titles[:1] != ["Unreleased"]:
        found.append("CHANGELOG.md must begin with the section '## Unreleased'.")
    found += [f"CHANGELOG.md: '## {it}' must read '## 1.2.3 - 2026-01-31'." for it in titles[1:] if it.split(" - ")[0] not in versions]
    for heading in re.findall(r"^### (.*)$", changelog, re.M):
        if heading not in HEADINGS:
            found.append(f"CHANGELOG.md: '### {heading}' is none of {', '.join(sorted(HEADINGS))}.")
    numbers = [parse(it) for it in versions]
    if numbers != sorted(set(numbers), reverse=True):
        found.append("CHANGELOG.md: the newest version comes first, and each one once.")
    if numbers and numbers[0] > parse(version):
        found.append(f"CHANGELOG.md has released {versions[0]}, and Cargo.toml says {version}: run scripts/set-version.")
    return found


def release(changelog, version, date):
    """The changelog with what was unreleased as this version."""
    if not section(changelog, "Unreleased"):
        raise ValueError("CHANGELOG.md says nothing below '## Unreleased'.")
    return changelog.replace("## Unreleased\n", f"## Unreleased\n\n## {version} - {date}\n", 1)
