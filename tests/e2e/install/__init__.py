"""What people install: the chart, the Kustomize base, the plain file. Importing registers the tests."""

from install import sameness  # noqa: F401
from install import combinations  # noqa: F401
from install import lifecycle  # noqa: F401
from install import image  # noqa: F401
from install import kinds  # noqa: F401
from install import mutation  # noqa: F401
from install import rolling  # noqa: F401
from install import alerts  # noqa: F401
from install import capacity  # noqa: F401

from install.stage import prepare  # noqa: F401
