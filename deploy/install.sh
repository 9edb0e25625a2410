#!/bin/sh
# Installs Supermon Live where there are no Debian packages: from the unpacked archive, or from a checkout.
# May be run again: what is so already is left alone.
set -eu
# What it makes is for the service to read, whoever runs this.
umask 022

usage() {
    cat <<'TEXT'
Usage: sh install.sh [--dry-run] [--uninstall] [--prefix DIR] [--root DIR]

  --dry-run      tells each step and does none
  --uninstall    takes all of it away again; /etc/supermon-live stays
  --prefix DIR   where programs go (/usr/local)
  --root DIR     takes DIR for /, to fill an image
TEXT
}

say() { printf '%s\n' "$*"; }
die() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

# is_plain PATH: may it stand in a unit, in a shell's command and in sed's, as it is?
is_plain() {
    case "$1" in *[!A-Za-z0-9._/@+-]*) return 1 ;; esac
}

dry=
uninstall=
prefix=/usr/local
root=
while [ $# -gt 0 ]; do
    case "$1" in
    --dry-run) dry=1 ;;
    --uninstall) uninstall=1 ;;
    --prefix | --root)
        [ $# -gt 1 ] || die "$1 has no value; write $1 DIR"
        case "$2" in /*) ;; *) die "$1 $2 is no absolute path; begin it with /" ;; esac
        if [ "$1" = --prefix ]; then prefix=${2%/}; else root=${2%/}; fi
        shift
        ;;
    --help | -h)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done

[ -n "$uninstall" ] || is_plain "$prefix" || die "--prefix $prefix cannot stand in a unit and a command as it is; give one of letters, digits and . _ - @ +"

here=$(cd "$(dirname "$0")" && pwd)
unit=supermon-live.service
units=$root/etc/systemd/system
lib=$root$prefix/lib/supermon-live
# "/" is this machine as well, and nothing of it is an image.
booted=
if [ -z "$root" ] && [ -d /run/systemd/system ]; then booted=1; fi
# There from the first change until all is done, and holds what is owed: a run that finds it goes on where one before was broken off.
mark=$root/var/lib/supermon-live.unfinished
# What the web server was asked for.
conf=$root/etc/supermon-live/web.conf
changed=
removed=
owed=

# Each change goes through here: told, and done unless this is a dry run.
run() {
    if [ -n "$dry" ]; then
        say "would run: $*"
    else
        "$@"
    fi
}

leave_mark() {
    [ -z "$dry" ] || return 0
    mkdir -p "$(dirname "$mark")"
    printf '%s\n' "$owed" >"$mark"
}

# Left by an --uninstall that was broken off while the web server was told. What is there without it is whole, and as new or newer.
take_back_conf() {
    [ -e "$conf.kept" ] || return 0
    if [ -e "$conf" ]; then run rm -f "$conf.kept"; else run mv "$conf.kept" "$conf"; fi
}

drop_mark() { [ -n "$dry" ] || rm -f "$mark"; }

begin_change() {
    changed=1
    leave_mark
}

# put FILE PATH MODE
put() {
    if [ -f "$2" ] && cmp -s "$1" "$2"; then return 0; fi
    begin_change
    say "writes $2"
    [ -n "$dry" ] || install -D -m "$3" "$1" "$2"
}

# put_folder FOLDER PATH. The old one is replaced as a whole: what an older version had besides must not stay.
put_folder() {
    if [ -d "$2" ] && diff -rq "$1" "$2" >/dev/null 2>&1; then return 0; fi
    begin_change
    say "writes $2"
    [ -z "$dry" ] || return 0
    mkdir -p "$(dirname "$2")"
    rm -rf "$2.new"
    cp -R "$1" "$2.new"
    chmod -R u=rwX,go=rX "$2.new"
    rm -rf "$2"
    mv "$2.new" "$2"
}

# remove PATH...
remove() {
    for path in "$@"; do
        if [ -e "$path" ] || [ -L "$path" ]; then
            removed=1
            leave_mark
            say "removes $path"
            [ -n "$dry" ] || rm -rf "$path"
        fi
    done
}

# remove_empty FOLDER...: those that this may have made and nobody else uses.
remove_empty() {
    [ -z "$dry" ] || return 0
    for path in "$@"; do
        if [ -d "$path" ]; then rmdir "$path" 2>/dev/null || :; fi
    done
}

# The installed command, for the machine that this is about.
command_for_machine() {
    if [ -z "$root" ]; then
        "$prefix/bin/supermon-live" "$@"
    else
        SUPERMON_LIVE_SETTINGS=$root/etc/supermon-live/supermon-live.conf "$node" "$lib/main.js" "$@" --root "$root"
    fi
}

find_node() {
    node=$(command -v node) || die "Node.js is not there; install version 18 or later, for all users"
    "$node" -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' || die "Node.js $("$node" --version) is too old; install version 18 or later"
    case "$(readlink -f "$node")" in
    /home/* | /root/*) die "Node.js is in $node, where a service may not read; install it for all users" ;;
    esac
    [ -n "$root" ] || is_plain "$node" || die "Node.js is in $node, which cannot stand in a command as it is; install it below a path of letters, digits and . _ - @ +"
}

# The files, laid out as in the package: beside this script, or made from a checkout. A dry run makes none: tree is empty then.
find_tree() {
    if [ -f "$here/usr/lib/supermon-live/main.js" ]; then
        tree=$here/usr
    elif [ -f "$here/../scripts/package.mjs" ]; then
        tree=
        [ -z "$dry" ] || return 0
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
        "$node" "$here/../scripts/package.mjs" --tree "$work"
        tree=$work/usr
    else
        die "the files to install are not beside this script; unpack the whole archive"
    fi
}

# Where the service runs as whom.
make_user() {
    if grep -q '^supermon-live:' "$root/etc/passwd"; then return 0; fi
    say "makes the user supermon-live"
    if [ -x "$root/usr/sbin/useradd" ]; then
        run ${root:+chroot "$root"} /usr/sbin/useradd --system --user-group --home-dir /var/lib/supermon-live --no-create-home --shell /usr/sbin/nologin supermon-live
    elif [ -x "$root/usr/sbin/adduser" ]; then
        # BusyBox, as on Alpine.
        grep -q '^supermon-live:' "$root/etc/group" || run ${root:+chroot "$root"} /usr/sbin/addgroup -S supermon-live
        run ${root:+chroot "$root"} /usr/sbin/adduser -S -D -H -h /var/lib/supermon-live -s /sbin/nologin -G supermon-live supermon-live
    else
        die "neither useradd nor adduser is there; make a system user and group supermon-live, and run this again"
    fi
}

# FILE with the paths of this installation in place of the package's.
with_paths() {
    command=node
    case "$node" in
    /usr/bin/node | /usr/local/bin/node) ;;
    # A service looks in few places.
    *) [ -n "$root" ] || command=$node ;;
    esac
    sed -e "s#/usr/\(bin\|lib\|share/doc\)/supermon-live#$prefix/\1/supermon-live#g" -e "s#^exec node #exec $command #" "$1"
}

# Where files go, for whoever has none to compare with.
tell_files() {
    say "would run: node scripts/package.mjs --tree, which builds what has changed, and of its files:"
    for path in "$lib" "$root$prefix/bin/supermon-live" "$units/$unit" "$root$prefix/share/man/man1/supermon-live.1.gz" "$root$prefix/share/doc/supermon-live"; do
        say "writes $path where it is other than that"
    done
}

copy_files() {
    if [ -z "$tree" ]; then
        tell_files
        return 0
    fi
    made=$(mktemp -d)
    with_paths "$tree/bin/supermon-live" >"$made/command"
    with_paths "$tree/lib/systemd/system/$unit" >"$made/unit"
    put_folder "$tree/lib/supermon-live" "$lib"
    put "$made/command" "$root$prefix/bin/supermon-live" 0755
    put "$made/unit" "$units/$unit" 0644
    rm -rf "$made"
    put "$tree/share/man/man1/supermon-live.1.gz" "$root$prefix/share/man/man1/supermon-live.1.gz" 0644
    put_folder "$tree/share/doc/supermon-live" "$root$prefix/share/doc/supermon-live"
    if [ -d "$tree/share/supermon-live" ]; then put_folder "$tree/share/supermon-live" "$root$prefix/share/supermon-live"; fi
}

# What the web server was told may have changed with the version. It is told nothing where it was told nothing before.
refresh_web() {
    [ -e "$conf" ] || return 0
    if [ -n "$dry" ]; then
        say "would run: supermon-live web --refresh${root:+ --root $root}"
        return 0
    fi
    command_for_machine web --refresh || say "The web server's configuration is as it was, see above. To try again, run: supermon-live web --refresh"
}

set_up() {
    if [ -n "$dry" ]; then
        say "would run: supermon-live setup --yes${root:+ --root $root}"
        return 0
    fi
    code=0
    command_for_machine setup --yes || code=$?
    case "$code" in
    0) ;;
    3) say "No nodes were found. Once Asterisk is set up, run: supermon-live setup" ;;
    # By a signal.
    129 | 13? | 14?) die "setup was broken off ($code); run this again" ;;
    *) say "setup ended with $code, see above. To try again, run: supermon-live setup" ;;
    esac
}

# What is to be done once the files are there: setup where they were not, for an update restart or, of a service that is disabled and stopped, refresh.
find_owed() {
    if [ -e "$mark" ]; then
        say "Goes on with what was broken off."
        changed=1
        owed=$(cat "$mark")
    fi
    if ! [ -e "$root/etc/supermon-live/supermon-live.conf" ] || ! [ -e "$units/$unit" ]; then owed=setup; fi
    case "$owed" in setup | restart | refresh) return 0 ;; esac
    owed=refresh
    if [ -n "$booted" ] && { systemctl is-enabled --quiet "$unit" || systemctl is-active --quiet "$unit"; }; then owed=restart; fi
}

start_service() {
    if [ -n "$booted" ]; then
        run systemctl enable --quiet "$unit"
        run systemctl start "$unit"
    elif [ -n "$root" ] && command -v systemctl >/dev/null; then
        run systemctl --root="$root" enable --quiet "$unit"
    elif [ -z "$root" ]; then
        say "systemd does not run here. As the user supermon-live, start: $prefix/bin/supermon-live"
    fi
}

# Of a package that is removed and not purged dpkg keeps an empty list.
package_is_there() { [ -s "$root/var/lib/dpkg/info/supermon-live.list" ]; }

install_all() {
    if package_is_there; then die "the Debian package is installed; remove it first: apt remove supermon-live"; fi
    find_node
    find_tree
    find_owed
    take_back_conf
    make_user
    copy_files
    if [ -n "$booted" ] && [ -n "$changed" ]; then run systemctl daemon-reload; fi
    if [ "$owed" = setup ]; then
        # Installed again after it was taken away, settings are there: setup keeps them, and tells the web server what it was told before.
        leave_mark
        set_up
        start_service
    else
        refresh_web
        if [ -n "$changed" ] && [ "$owed" = restart ]; then run systemctl restart "$unit"; fi
    fi
    drop_mark
    if [ -n "$tree" ] && [ -z "$changed" ]; then say "All files are as they should be."; fi
}

# Taken away from a place that the unit does not name, it would leave the unit in front of the package's, or the programs behind.
check_prefix() {
    [ -f "$units/$unit" ] || return 0
    there=$(sed -n 's#^ExecStart=\(/.*\)/bin/supermon-live$#\1#p' "$units/$unit")
    # A copy of the package's unit, as "systemctl edit --full" makes it, runs the package.
    case "$there" in '' | "$prefix" | /usr) return 0 ;; esac
    die "what install.sh put here is below $there, as $units/$unit says; write --uninstall --prefix $there"
}

# Where the package came over this, service, rights, state and the web server's part are the package's by now: only what stands in its way goes.
give_way() {
    [ "$prefix" != /usr ] || die "what is below /usr is the Debian package's; to remove that: apt remove supermon-live"
    wants=$units/multi-user.target.wants/$unit
    # One before may have been broken off between the last removal and the restart, and the service may have failed since.
    if [ -e "$mark" ]; then
        removed=1
        owed=$(cat "$mark")
    fi
    if [ -n "$booted" ] && systemctl is-active --quiet "$unit"; then owed=restart; fi
    # Somebody may have made one from the package's, to change it.
    if grep -qsxF "ExecStart=$prefix/bin/supermon-live" "$units/$unit"; then
        if [ -L "$wants" ]; then run ln -sf "/lib/systemd/system/$unit" "$wants"; fi
        remove "$units/$unit"
    fi
    remove_programs
    if [ -z "$removed" ]; then
        say "Nothing below $prefix is of install.sh. What is installed is the Debian package; to remove that: apt remove supermon-live"
        return 0
    fi
    say "The Debian package is installed as well. Its service, what it keeps and its place in the web server stay."
    if [ -n "$booted" ]; then
        run systemctl daemon-reload
        if [ "$owed" = restart ]; then run systemctl restart "$unit"; fi
    fi
    drop_mark
}

remove_programs() {
    remove "$lib" "$lib.new" "$root$prefix/bin/supermon-live" \
        "$root$prefix/share/man/man1/supermon-live.1.gz" "$root$prefix/share/doc/supermon-live" "$root$prefix/share/supermon-live"
    remove_empty "$root$prefix/share/doc" "$root$prefix/share/man/man1"
    case "$prefix" in
    /usr | /usr/local) ;;
    *) remove_empty "$root$prefix/share/man" "$root$prefix/share" "$root$prefix/lib" "$root$prefix/bin" "$root$prefix" ;;
    esac
}

uninstall_all() {
    # Broken off, and installed again: it is as after one that was not.
    owed=setup
    take_back_conf
    if [ -e "$lib" ] || [ -e "$units/$unit" ]; then leave_mark; fi
    if [ -e "$conf" ] && [ -e "$lib/main.js" ]; then
        if [ -n "$dry" ]; then
            say "would run: supermon-live web --remove"
        else
            node=$(command -v node) || node=node
            # What was asked for is configuration and stays: installed again, the web server is told the same.
            cp -p "$conf" "$conf.kept"
            command_for_machine web --remove || say "The web server may still name Supermon Live, see above."
            mv "$conf.kept" "$conf"
        fi
    fi
    if [ -n "$booted" ] && systemctl cat "$unit" >/dev/null 2>&1; then run systemctl disable --quiet --now "$unit"; fi
    # Rights come from setup, which gives them again with what stays of the settings.
    remove "$units/multi-user.target.wants/$unit" "$units/$unit" "$units/$unit.d/rights.conf" "$root/var/lib/supermon-live"
    remove_empty "$units/$unit.d"
    remove_programs
    if [ -n "$booted" ]; then run systemctl daemon-reload; fi
    drop_mark
    say "Left for another time: $root/etc/supermon-live and the user supermon-live."
}

if [ -z "$dry" ] && [ "$(id -u)" -ne 0 ]; then die "this needs root; run: sudo sh install.sh"; fi
if [ -z "$uninstall" ]; then
    install_all
else
    check_prefix
    if package_is_there; then give_way; else uninstall_all; fi
fi
