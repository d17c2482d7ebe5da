# SPDX-License-Identifier: MIT
# NAME BODY of each inline function of the library's own names that touches a lock's words:
# by an atomic access, or by what it takes from the thread's word.
/^KLOCK_INLINE/ { name = ""; body = ""; head = 1 }
head && name == "" {
	if (match($0, /klock_[a-z0-9_]+\(/))
		name = substr($0, RSTART, RLENGTH - 1)
}
head && /^\{/ { inside = 1 }
inside {
	line = $0
	gsub(/\/\*.*\*\//, "", line)
	body = body " " line
}
inside && /^\}/ {
	gsub(/\/\*([^*]|\*[^\/])*\*\//, "", body)
	gsub(/[ \t]+/, " ", body)
	if (body ~ /klock_(load|store|cas|xchg|fetch|compiler)[a-z_]*\(|klock_self_word/)
		print name body
	inside = head = 0
}
