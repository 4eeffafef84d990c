# Without the package bash-completion this stands for the two functions of it that the rest needs.
if ! declare -F _get_comp_words_by_ref >/dev/null; then
    # Sets cur, prev, words and cword; bash takes = and : for words of their own, which are joined again.
    _get_comp_words_by_ref() {
        local i piece
        words=("${COMP_WORDS[0]}")
        cword=0
        for ((i = 1; i < ${#COMP_WORDS[@]}; i++)); do
            piece=${COMP_WORDS[i]}
            if [[ $piece == [=:]* || ${words[${#words[@]}-1]} == *[=:] ]]; then
                words[${#words[@]}-1]+=$piece
            else
                words+=("$piece")
            fi
            if ((i <= COMP_CWORD)); then cword=$((${#words[@]} - 1)); fi
        done
        cur=${words[cword]}
        prev=${words[cword-1]}
    }
    # Completions of a word with a colon begin behind it, as bash sees the word.
    __ltrim_colon_completions() {
        local i prefix
        if [[ $1 == *:* && $COMP_WORDBREAKS == *:* ]]; then
            prefix=${1%"${1##*:}"}
            for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$prefix"}; done
        fi
    }
fi

