# SPDX-License-Identifier: MIT
# For scripts that judge litmus tests with herd7: source this.

# litmus_wrong FILE LOG: 0 when the outcome is there that FILE calls wrong ("Wrong: ..."),
# 1 when it is not. Other: the tool did not get so far.
litmus_wrong()
{
	case $(head -n 1 "$1") in
	C\ *) herd7 -model rc11.cat "$1" >"$2" 2>&1 || return 2 ;;
	*) herd7 "$1" >"$2" 2>&1 || return 2 ;;
	esac
	grep -q '^Observation' "$2" || return 2
	case $(sed -n 's/.*Wrong: \([a-z ]*\).*/\1/p' "$1") in
	'a data race') grep -q '^Undef' "$2" ;;
	'the condition') ! grep -q '^Observation .* Never' "$2" ;;
	*) return 2 ;;
	esac
}

# litmus_weaken FILE ADDRESS ORDER: FILE with another memory order on the lines of ADDRESS.
litmus_weaken() { sed "$2s/memory_order_[a-z_]*/memory_order_$3/" "$1"; }
