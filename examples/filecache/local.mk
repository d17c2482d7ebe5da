# SPDX-License-Identifier: MIT
# The page cache. To add a file: a line in the list; a test: a line below it.
