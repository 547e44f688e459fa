#include "model/activation_text.hpp"

namespace envlock::activation_text {

// POSIX, and what zsh and ksh understand the same way: no arrays, no `local`, no reliance on word
// splitting, `|| :` where a status that means nothing could end a shell under `set -e`.
const std::string_view posix_head = R"sh(# Activates this environment:  . bin/activate
# Leaves it again:             envlock_deactivate
# Made by envlock; for sh, dash, bash, ksh, mksh, busybox sh and zsh.

# The level of nesting: 0 where nothing is active.
__envlock_level() {
  __envlock_n=${CONDA_SHLVL-0}
  case $__envlock_n in
    '' | *[!0-9]* | ????*) __envlock_n=0 ;;
    0?*) __envlock_n=0 ;;
  esac
}

# Remembers the variable $1 of the level below.
__envlock_save() {
  eval "if [ -n \"\${$1+set}\" ]; then
    __ENVLOCK_${__envlock_n}_$1=\$$1
    export __ENVLOCK_${__envlock_n}_$1
  else
    unset __ENVLOCK_${__envlock_n}_$1 || :
  fi"
  eval "__ENVLOCK_${__envlock_n}_NAMES=\"\${__ENVLOCK_${__envlock_n}_NAMES-} $1\""
}

# Gives the variable $1 back.
__envlock_restore() {
  eval "if [ -n \"\${__ENVLOCK_${__envlock_n}_$1+set}\" ]; then
    $1=\$__ENVLOCK_${__envlock_n}_$1
    export $1
    unset __ENVLOCK_${__envlock_n}_$1 || :
  else
    unset $1 || :
  fi"
}

# The scripts of a folder, one a line, in the order of their bytes.
__envlock_scripts() (
  LC_ALL=C
  export LC_ALL
  set +euf
  if [ -n "${ZSH_VERSION-}" ]; then emulate sh; fi
  if [ -n "${BASH_VERSION-}" ]; then shopt -u failglob nullglob dotglob; unset GLOBIGNORE GLOBSORT; fi
  for __envlock_file in "$1"/*.sh; do
    if [ -f "$__envlock_file" ]; then printf '%s\n' "$__envlock_file"; fi
  done
)

# Runs one. Scripts of packages are not written for `set -eu`.
__envlock_run_one() {
  __envlock_flags=$-
  set +eu
  . "$__envlock_file"
  case $__envlock_flags in *u*) set -u ;; *) set +u ;; esac
  case $__envlock_flags in *e*) set -e ;; *) set +e ;; esac
}

# Runs the scripts of the folder $1, the last first where $2 is reverse.
__envlock_run() {
  __envlock_nl='
'
  __envlock_list=
  __envlock_rest=$(__envlock_scripts "$1")
  while [ -n "$__envlock_rest" ]; do
    __envlock_file=${__envlock_rest%%"$__envlock_nl"*}
    case $__envlock_rest in
      *"$__envlock_nl"*) __envlock_rest=${__envlock_rest#*"$__envlock_nl"} ;;
      *) __envlock_rest= ;;
    esac
    if [ "$2" = reverse ]; then
      __envlock_list=$__envlock_file$__envlock_nl$__envlock_list
    else
      __envlock_list=$__envlock_list$__envlock_file$__envlock_nl
    fi
  done
  while [ -n "$__envlock_list" ]; do
    __envlock_file=${__envlock_list%%"$__envlock_nl"*}
    __envlock_list=${__envlock_list#*"$__envlock_nl"}
    __envlock_run_one
  done
}

envlock_deactivate() {
  __envlock_level
  __envlock_n=$((__envlock_n - 1))
  __envlock_names=
  if [ "$__envlock_n" -ge 0 ]; then
    eval "__envlock_names=\${__ENVLOCK_${__envlock_n}_NAMES-}"
  fi
  eval "__envlock_prefix=\${__ENVLOCK_${__envlock_n#-}_HERE-}"
  if [ -z "$__envlock_names" ] || [ "$__envlock_prefix" != "${CONDA_PREFIX-}" ]; then
    printf '%s\n' 'envlock_deactivate: no environment of envlock is active' >&2
    unset __envlock_n __envlock_names __envlock_prefix || :
    return 1
  fi
  __envlock_run "$__envlock_prefix/etc/conda/deactivate.d" reverse
  # The first entry of PATH that is ours; what was added since stays.
  __envlock_path=:${PATH-}:
  case $__envlock_path in
    *":$__envlock_prefix/bin:"*)
      __envlock_rest=${__envlock_path#*":$__envlock_prefix/bin:"}
      __envlock_path=${__envlock_path%%":$__envlock_prefix/bin:"*}:$__envlock_rest
      __envlock_path=${__envlock_path#:}
      PATH=${__envlock_path%:}
      ;;
  esac
  while [ -n "$__envlock_names" ]; do
    __envlock_names=${__envlock_names# }
    __envlock_name=${__envlock_names%% *}
    __envlock_names=${__envlock_names#"$__envlock_name"}
    case $__envlock_name in
      '' | [0-9]* | *[!A-Za-z0-9_]*) ;;
      *) __envlock_restore "$__envlock_name" ;;
    esac
  done
  unset "__ENVLOCK_${__envlock_n}_NAMES" "__ENVLOCK_${__envlock_n}_HERE" || :
  if [ "$__envlock_n" -gt 0 ]; then
    CONDA_SHLVL=$__envlock_n
    export CONDA_SHLVL
    unset "CONDA_PREFIX_$__envlock_n" || :
  fi
  if [ -n "${PS1-}" ]; then
    PS1=${PS1#"(${__envlock_prefix##*/}) "}
  fi
  if [ "$__envlock_n" -eq 0 ]; then
    if [ -n "${__envlock_owns_deactivate-}" ]; then unset -f deactivate || :; fi
    unset __envlock_owns_deactivate || :
    unset -f envlock_deactivate __envlock_level __envlock_save __envlock_restore \
      __envlock_scripts __envlock_run_one __envlock_run || :
  fi
  unset __envlock_n __envlock_names __envlock_name __envlock_prefix __envlock_path \
    __envlock_rest __envlock_list __envlock_file __envlock_nl __envlock_flags || :
}

__envlock_variables() {
  __envlock_save CONDA_PREFIX
  __envlock_save CONDA_DEFAULT_ENV
  __envlock_save CONDA_SHLVL
  CONDA_PREFIX=$__envlock_prefix
  CONDA_DEFAULT_ENV=$__envlock_prefix
  CONDA_SHLVL=$((__envlock_n + 1))
  export CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_SHLVL
  # Packages in the home folder would shadow those that were locked.
  __envlock_save PYTHONNOUSERSITE
  if [ "${ENVLOCK_USER_SITE-}" != 1 ]; then
    PYTHONNOUSERSITE=1
    export PYTHONNOUSERSITE
  fi
)sh";

const std::string_view posix_tail = R"sh(}

__envlock_activate() {
  __envlock_level
  __envlock_here=
  if [ "$__envlock_n" -gt 0 ]; then
    eval "__envlock_here=\${__ENVLOCK_$((__envlock_n - 1))_HERE-}"
  fi
  if [ "${CONDA_PREFIX-}" = "$__envlock_prefix" ] && [ "$__envlock_here" = "$__envlock_prefix" ]; then
    # Active already; a login shell may have made PATH anew.
    case :${PATH-}: in
      *":$__envlock_prefix/bin:"*) ;;
      *) PATH=$__envlock_prefix/bin${PATH:+:$PATH} ;;
    esac
    export PATH
    return 0
  fi
  eval "__ENVLOCK_${__envlock_n}_NAMES="
  eval "__ENVLOCK_${__envlock_n}_HERE=\$__envlock_prefix"
  if [ "$__envlock_n" -gt 0 ]; then
    # As conda does it, so that `conda deactivate` finds its way back.
    eval "CONDA_PREFIX_$__envlock_n=\${CONDA_PREFIX-}"
    export "CONDA_PREFIX_$__envlock_n"
  fi
  __envlock_variables
  export "__ENVLOCK_${__envlock_n}_NAMES" "__ENVLOCK_${__envlock_n}_HERE"
  PATH=$__envlock_prefix/bin${PATH:+:$PATH}
  export PATH
  # Shells expand what stands in a prompt: only names in which nothing can be expanded.
  case ${__envlock_prefix##*/} in
    *[!A-Za-z0-9._-]*) ;;
    *) if [ -n "${PS1-}" ]; then PS1="(${__envlock_prefix##*/}) $PS1"; fi ;;
  esac
  __envlock_run "$__envlock_prefix/etc/conda/activate.d" forward
}

# A here-document, because nothing in it means anything to the shell.
__envlock_prefix=
IFS= read -r __envlock_prefix <<'__ENVLOCK_END_OF_PREFIX' || :
/opt/anaconda1anaconda2anaconda3
__ENVLOCK_END_OF_PREFIX
__envlock_status=0
if [ ! -d "$__envlock_prefix/conda-meta" ]; then
  printf '%s\n' "bin/activate: no environment is at '$__envlock_prefix', for which this script was made" \
    "hint: where the folder was moved, its own 'bin/envlock-env relocate' makes it run there (after 'tar -x': 'bin/envlock-env unpack'); where there is none, install it anew" >&2
  __envlock_status=1
else
  case $__envlock_prefix in
    *:*)
      printf '%s\n' "bin/activate: PATH cannot hold '$__envlock_prefix', which has a colon" >&2
      __envlock_status=1
      ;;
  esac
fi
if [ "$__envlock_status" = 0 ]; then
  # A program of this name, as conda and pyenv have one, is a trap; a function is the user's.
  case $(command -v deactivate 2>/dev/null || :) in
    '' | /*)
      deactivate() { envlock_deactivate; }
      __envlock_owns_deactivate=1
      ;;
  esac
  __envlock_activate
fi
unset __envlock_n __envlock_here __envlock_prefix __envlock_rest __envlock_list __envlock_file \
  __envlock_nl __envlock_flags || :
unset -f __envlock_activate __envlock_variables || :
if [ "$__envlock_status" = 0 ]; then
  unset __envlock_status || :
else
  unset __envlock_status || :
  if [ -z "${__ENVLOCK_0_HERE-}" ]; then
    unset -f envlock_deactivate __envlock_level __envlock_save __envlock_restore \
      __envlock_scripts __envlock_run_one __envlock_run || :
  fi
  false
fi
)sh";

const std::string_view fish_head = R"fish(# Activates this environment:  source bin/activate.fish
# Leaves it again:             envlock_deactivate
# Made by envlock; for fish 3.0 and later.

# The level of nesting: 0 where nothing is active.
function __envlock_level
    if string match -qr '^(0|[1-9][0-9]{0,2})$' -- "$CONDA_SHLVL"
        echo $CONDA_SHLVL
    else
        echo 0
    end
end

# Remembers the variable $argv[2] of the level $argv[1].
function __envlock_save
    set -l saved __ENVLOCK_$argv[1]_$argv[2]
    if set -q $argv[2]
        # In quotes a list becomes the text that other programs see.
        set -l name $argv[2]
        set -gx $saved "$$name"
    else
        set -e $saved
    end
    set -l names __ENVLOCK_$argv[1]_NAMES
    set -gx $names (string trim -- "$$names $argv[2]")
end

# Runs the scripts of the folder $argv[1] in the order of their bytes, in reverse with $argv[2].
function __envlock_run
    set -l files
    for file in $argv[1]/*.fish
        test -f $file; and set files $files $file
    end
    test (count $files) -gt 0; or return 0
    for file in (printf '%s\n' $files | env LC_ALL=C sort $argv[2..-1])
        source $file
    end
end

function envlock_deactivate
    set -l level (math (__envlock_level) - 1)
    set -l names_of __ENVLOCK_"$level"_NAMES
    set -l here_of __ENVLOCK_"$level"_HERE
    if test $level -lt 0; or not set -q $here_of; or test "$$here_of" != "$CONDA_PREFIX"
        echo 'envlock_deactivate: no environment of envlock is active' >&2
        return 1
    end
    set -l prefix "$$here_of"
    __envlock_run $prefix/etc/conda/deactivate.d -r
    # The first entry of PATH that is ours; what was added since stays.
    if set -l at (contains -i -- $prefix/bin $PATH)
        set -e PATH[$at]
    end
    for name in (string split ' ' -- "$$names_of")
        set -l saved __ENVLOCK_"$level"_$name
        if set -q $saved
            set -gx $name "$$saved"
            set -e $saved
        else
            set -e $name
        end
    end
    set -e $names_of
    set -e $here_of
    if test $level -gt 0
        set -gx CONDA_SHLVL $level
        set -e CONDA_PREFIX_$level
    else
        if set -q __envlock_owns_deactivate
            functions -e deactivate
            set -e __envlock_owns_deactivate
        end
        functions -e envlock_deactivate __envlock_level __envlock_save __envlock_run
    end
end

function __envlock_activate
    # fish has no here-documents, but tells a file where it is.
    set -l __envlock_prefix $argv[1]
    set -l level (__envlock_level)
    set -l below (math $level - 1)
    set -l here_of __ENVLOCK_"$below"_HERE
    if test $level -gt 0; and test "$CONDA_PREFIX" = "$__envlock_prefix"; and set -q $here_of; and test "$$here_of" = "$__envlock_prefix"
        # Active already; a login shell may have made PATH anew.
        contains -- $__envlock_prefix/bin $PATH; or set -gx PATH $__envlock_prefix/bin $PATH
        return 0
    end
    set -gx __ENVLOCK_"$level"_NAMES ''
    set -gx __ENVLOCK_"$level"_HERE $__envlock_prefix
    # As conda does it, so that `conda deactivate` finds its way back.
    test $level -gt 0; and set -gx CONDA_PREFIX_$level "$CONDA_PREFIX"
    __envlock_save $level CONDA_PREFIX
    __envlock_save $level CONDA_DEFAULT_ENV
    __envlock_save $level CONDA_SHLVL
    set -gx CONDA_PREFIX $__envlock_prefix
    set -gx CONDA_DEFAULT_ENV $__envlock_prefix
    set -gx CONDA_SHLVL (math $level + 1)
    # Packages in the home folder would shadow those that were locked.
    __envlock_save $level PYTHONNOUSERSITE
    test "$ENVLOCK_USER_SITE" = 1; or set -gx PYTHONNOUSERSITE 1
)fish";

const std::string_view fish_tail = R"fish(
    set -gx PATH $__envlock_prefix/bin $PATH
    __envlock_run $__envlock_prefix/etc/conda/activate.d
end

set -l __envlock_prefix (builtin realpath -- (status dirname)/..)
if not test -d "$__envlock_prefix/conda-meta"
    echo "bin/activate.fish: no environment is at '$__envlock_prefix': source the file where it lies" >&2
    functions -e __envlock_activate
    set -q __ENVLOCK_0_HERE; or functions -e envlock_deactivate __envlock_level __envlock_save __envlock_run
    false
else if string match -q '*:*' -- "$__envlock_prefix"
    echo "bin/activate.fish: PATH cannot hold '$__envlock_prefix', which has a colon" >&2
    functions -e __envlock_activate
    set -q __ENVLOCK_0_HERE; or functions -e envlock_deactivate __envlock_level __envlock_save __envlock_run
    false
else
    if not functions -q deactivate
        function deactivate
            envlock_deactivate
        end
        set -g __envlock_owns_deactivate 1
    end
    __envlock_activate $__envlock_prefix
    functions -e __envlock_activate
end
)fish";

}  // namespace envlock::activation_text
