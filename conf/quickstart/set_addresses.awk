# Copies a respgres configuration with other addresses, taken from the environment: listen, admin, redis, postgres (TOML values).
# A section that is missing is added.
function give(section) {
    if (section in value) {
        print name[section] " = " value[section]
        given[section] = 1
    }
}

BEGIN {
    name["server"] = "listen"; value["server"] = ENVIRON["listen"]
    name["admin"] = "listen";  value["admin"] = ENVIRON["admin"]
    name["redis"] = "url";     value["redis"] = ENVIRON["redis"]
    name["postgres"] = "url";  value["postgres"] = ENVIRON["postgres"]
}

skipping {                                     # the rest of an array over several lines
    if (/\]/) skipping = 0
    next
}

/^[ \t]*\[[^][]*\][ \t]*(#.*)?$/ {             # [section]
    section = $0
    gsub(/^[ \t]*\[[ \t]*|[ \t]*\].*$/, "", section)
    print
    give(section)
    next
}

(section in name) && $0 ~ "^[ \t]*(" name[section] "|password_file)[ \t]*=" {
    if (/=[ \t]*\[/ && !/\]/) skipping = 1
    next
}

{ print }

END {
    for (section in name)
        if (!(section in given)) {
            print "\n[" section "]"
            give(section)
        }
}
