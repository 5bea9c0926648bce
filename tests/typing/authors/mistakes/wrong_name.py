"""A name that there is not."""

import aios_sdk
from aios_sdk import Extracton  # error: Extracton
from aios_sdk.testing import conformence  # error: conformence


def made() -> object:
    return Extracton, conformence, aios_sdk.Documnet  # error: Documnet
