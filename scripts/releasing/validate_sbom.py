"""Compares standard input with the public schema of CycloneDX 1.6; needs the package cyclonedx-python-lib."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
if error:
    sys.exit(f"The SBOM does not follow the schema of CycloneDX 1.6: {str(error).splitlines()[0]}")
print("The SBOM follows the schema of CycloneDX 1.6")
