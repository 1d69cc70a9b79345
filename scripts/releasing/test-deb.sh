# A part of scripts/test-packages: the package on a fresh Debian, whose first process is systemd.
echo "== The Debian package on a fresh Debian"
package=$(scripts/build-deb "$work")
# The program is static on purpose, and its licences are complete wherever it is copied to. There is no address to write to.
lintian --allow-root --fail-on error --suppress-tags \
    statically-linked-binary,embedded-library,copyright-file-contains-full-apache-2-license,bogus-mail-host,bogus-mail-host-in-debian-changelog "$package" ||
    fail "lintian has found errors"

# A fresh Debian takes a minute to make, so it is kept.
base=target/debian-base.tar
if [ ! -e "$base" ]; then
    say "making a root from this machine's own archive"
    read -r suite < <(. /etc/os-release && echo "$VERSION_CODENAME")
    # The archive and its keys are those of this machine.
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | awk -v suite="$suite" '$2 == suite { print $1; exit }')
    debootstrap --variant=minbase --include=adduser,systemd,systemd-sysv,dbus "$suite" "$work/base" "$mirror" >"$work/debootstrap.log" 2>&1 ||
        fail "debootstrap: $(tail -n 5 "$work/debootstrap.log")"
    rm -rf "$work/base/var/cache/apt/archives"/*.deb
    tar --create --file "$base.new" --directory "$work/base" .
    mv "$base.new" "$base"
    rm -rf "$work/base"
fi
root=$work/root
mkdir "$root"
tar --extract --file "$base" --directory "$root"
cp "$package" "$root/taskbridge.deb"
machine() { nsenter --all --target "$boot" "$@"; }
log() { machine journalctl --unit taskbridge --no-pager --output cat; }
settings=$root/etc/taskbridge/taskbridge.env

chroot "$root" dpkg --install /taskbridge.deb >"$work/dpkg.log" 2>&1 || fail "dpkg: $(cat "$work/dpkg.log")"
grep --quiet "systemctl enable --now taskbridge" "$work/dpkg.log" || fail "it does not say what to do next: $(cat "$work/dpkg.log")"
[ "$(chroot "$root" stat --format '%a %U %G' /etc/taskbridge/taskbridge.env)" = "640 root taskbridge" ] || fail "the rights on the settings"
[ "$(chroot "$root" stat --format '%a %U' /var/lib/taskbridge)" = "700 taskbridge" ] || fail "the rights on the data"

systemd-nspawn --quiet --directory "$root" --register=no --keep-unit --private-network --console=pipe --boot </dev/null >"$work/boot.log" 2>&1 &
nspawn=$!
boot=
for _ in $(seq 300); do
    boot=$(pgrep --parent "$nspawn" || true)
    [ -z "$boot" ] || ! machine systemctl is-system-running 2>/dev/null | grep --quiet running || break
    sleep 0.1
done
[ -n "$boot" ] || fail "systemd does not start: $(cat "$work/boot.log")"
pids+=("$boot")

# A mistake first: without a secret the log has one sentence, and nothing is started again and again for ever.
machine systemctl start taskbridge || true
for _ in $(seq 200); do machine systemctl is-failed --quiet taskbridge && break; sleep 0.1; done
[[ $(log) == *BETTER_AUTH_SECRET* ]] || fail "the log does not name the missing secret: $(log)"
machine systemctl reset-failed taskbridge

sed -i "s|^#BETTER_AUTH_SECRET=.*|BETTER_AUTH_SECRET=$secret|" "$settings"
machine systemctl enable --quiet --now taskbridge
until_ready "$boot" || fail "not ready: $(log)"
first_task "$boot"
main=$(machine systemctl show --property MainPID --value taskbridge)
machine grep --quiet '^Seccomp:.*2' "/proc/$main/status" || fail "no filter of system calls is in force"
[ "$(machine stat --format %U "/proc/$main")" = taskbridge ] || fail "it runs as another user"
say "started by systemd as its own user, in its sandbox: the first task is stored"

# The next version over it: the settings stay, and what runs is restarted.
mkdir "$work/next"
dpkg-deb --raw-extract "$package" "$work/next"
sed -i 's/^Version: .*/&+next/' "$work/next/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$work/next" "$root/next.deb" >/dev/null
machine dpkg --install /next.deb >"$work/dpkg.log" 2>&1 || fail "dpkg: $(cat "$work/dpkg.log")"
until_ready "$boot" || fail "not ready after the upgrade: $(log)"
[ "$(machine systemctl show --property MainPID --value taskbridge)" != "$main" ] || fail "the upgrade has not restarted it"
[ "$(status "$boot" GET /api/ann/tasks)" = 200 ] && grep --quiet '"Buy milk"' "$work/body" || fail "the task after the upgrade"
grep --quiet "^BETTER_AUTH_SECRET=$secret" "$settings" || fail "the upgrade has changed the settings"
say "upgraded: restarted, with its settings and its tasks"

machine dpkg --remove taskbridge >/dev/null 2>&1
[ "$(machine systemctl is-active taskbridge || true)" = inactive ] || fail "it still runs after its removal"
machine dpkg --purge taskbridge >"$work/dpkg.log" 2>&1
grep --quiet "the tasks are still in /var/lib/taskbridge" "$work/dpkg.log" && [ -e "$root/var/lib/taskbridge/tasks.db" ] || fail "the tasks are gone"
[ ! -e "$root/etc/taskbridge/taskbridge.env" ] || fail "a purge leaves the settings"
say "removed: stopped, without its settings, and the tasks are kept"
