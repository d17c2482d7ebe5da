# SPDX-License-Identifier: MIT
# Documents that go into the release. To add one: a line here.

EXTRA_DIST +=
