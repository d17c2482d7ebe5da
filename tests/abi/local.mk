# SPDX-License-Identifier: MIT
# The binary interface: klock.abi and klock.abi.xml are what it has been, "make record-abi" makes
# them what it is.

test_scripts += tests/abi/abi.sh
EXTRA_DIST += \
	tests/abi/abidiff.sh \
	tests/abi/describe \
	tests/abi/inlines.awk \
	tests/abi/judge \
	tests/abi/klock.abi \
	tests/abi/klock.abi.xml \
	tests/abi/layouts.awk \
	tests/abi/private.suppr \
	tests/abi/record \
	tests/abi/xml
