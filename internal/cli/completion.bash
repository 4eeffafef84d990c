
# What the script above takes from the bash-completion package, for shells without
# it.
if ! declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
    # Sets cur, prev, words and cword. Words that bash cut at = or : are put
    # together again, and what stands behind the cursor is left out.
    _get_comp_words_by_ref()
    {
        local line=${COMP_LINE:0:COMP_POINT} blanks word i n=-1
        words=()
        for ((i = 0; i <= COMP_CWORD; i++)); do
            blanks=${line%%[![:blank:]]*}
            line=${line#"$blanks"}
            word=${COMP_WORDS[i]}
            if ((i == COMP_CWORD)); then
                word=$line
            fi
            if ((n >= 0)) && [[ -z $blanks && (${COMP_WORDS[i]} == [=:]* || ${words[n]} == *[=:]) ]]; then
                words[n]+=$word
            else
                words[++n]=$word
            fi
            line=${line#"$word"}
        done
        cword=$n
        cur=${words[n]}
        prev=
        if ((n > 0)); then
            prev=${words[n - 1]}
        fi
    }
fi
if ! declare -F _filedir >/dev/null 2>&1; then
    # Adds directories, and with nothing given files, or those that end in one of
    # A|B|C.
    _filedir()
    {
        local entry endings="^(${1-})\$"
        compopt -o filenames 2>/dev/null
        while IFS= read -r entry; do
            if [[ -d $entry || -z ${1-} || ${entry##*.} =~ $endings ]]; then
                COMPREPLY+=("$entry")
            fi
        done < <(compgen -f -- "$cur")
    }
fi
