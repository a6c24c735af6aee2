#include "cli/completion.h"

namespace ixian::cli {
namespace {

// Bash parts words at = and : as well, so the line is parted again here, and of what is offered only what is
// behind the last of them is handed back.
constexpr std::string_view kBashScript = R"script(# bash completion for ix: eval "$(ix completion bash)"
_ix() {
    local line=${COMP_LINE:0:COMP_POINT} words=() each path
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    local current=${words[${#words[@]}-1]} breaks=${COMP_WORDBREAKS//[^:=]/} before=""
    [[ $breaks ]] && before=${current%"${current##*[$breaks]}"}
    COMPREPLY=()
    while IFS= read -r each; do
        case $each in
            :files | :directories)
                compopt -o filenames 2>/dev/null
                while IFS= read -r path; do
                    COMPREPLY+=("$path")
                done < <(compgen -${each:1:1} -- "${current#"$before"}")
                ;;
            *)
                each=${each%%$'\t'*}
                COMPREPLY+=("${each#"$before"}")
                [[ $each == *[=:] ]] && compopt -o nospace 2>/dev/null
                ;;
        esac
    done < <(ix __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _ix ix
)script";

constexpr std::string_view kZshScript = R"script(#compdef ix
# zsh completion for ix: eval "$(ix completion zsh)"
_ix() {
    local -a ended open
    local line text rest files directories
    for line in "${(@f)$(ix __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        text=${line%%$'\t'*}
        rest=${line#"$text"}
        case $line in
            '') ;;
            :files) files=1 ;;
            :directories) directories=1 ;;
            *[=:] | *[=:]$'\t'*) open+=("${text//:/\\:}${rest:+:${rest#?}}") ;;
            *) ended+=("${text//:/\\:}${rest:+:${rest#?}}") ;;
        esac
    done
    (( $#ended )) && _describe -t values value ended
    (( $#open )) && _describe -t values value open -S ''
    [[ -n $files$directories ]] && compset -P '*='
    [[ -n $files ]] && _files
    [[ -n $directories ]] && _files -/
    return 0
}
if [ "$funcstack[1]" = "_ix" ]; then _ix "$@"; else compdef _ix ix; fi
)script";

constexpr std::string_view kFishScript = R"script(# fish completion for ix: ix completion fish | source
function __ix_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    set -l before (string match -r '^.*=' -- "$current")
    for line in (ix __complete $words[2..] "$current" 2>/dev/null)
        switch $line
            case ':files'
                for path in (__fish_complete_path (string replace -r '^.*=' '' -- "$current"))
                    echo "$before$path"
                end
            case ':directories'
                for path in (__fish_complete_directories (string replace -r '^.*=' '' -- "$current") '')
                    echo "$before$path"
                end
            case '*'
                echo $line
        end
    end
end
complete -c ix -f -a '(__ix_complete)'
)script";

}  // namespace

std::string completion_script(std::string_view shell) {
  return std::string(shell == "bash" ? kBashScript : shell == "zsh" ? kZshScript : kFishScript);
}

}  // namespace ixian::cli
