# A part of scripts/test-packages: the static program in a root that holds nothing but it, in a network of its own.
echo "== The static program, with nothing beside it"
empty=$work/empty
mkdir -p "$empty"/{data,dev,etc,tmp}
# What every kernel gives. A static program cannot look for the function of glibc, so random numbers come from these.
mknod -m 0666 "$empty/dev/random" c 1 8
mknod -m 0666 "$empty/dev/urandom" c 1 9
cp target/static/taskbridge "$empty/"
unshare --net sleep 600 &
network=$!
pids+=("$network")
disown
sleep 0.2
inside() { nsenter --net --target "$network" "$@"; }
inside ip link set lo up

# Nothing of this side is in its environment.
chroot=$(PATH=$PATH:/usr/sbin command -v chroot)
alone() { inside env -i "$@"; }
settings=(BETTER_AUTH_SECRET="$secret" BETTER_AUTH_URL=https://app.example DATABASE_URL=sqlite:///data/tasks.db)
alone "$chroot" "$empty" /taskbridge --version >/dev/null || fail "it does not even start"
# A command and no function, so that its number is the server's.
nsenter --net --target "$network" env -i "${settings[@]}" "$chroot" "$empty" /taskbridge serve 2>"$work/static.log" &
pids+=($!)
server=$!
until_ready "$network" || fail "not ready: $(tail -n 5 "$work/static.log")"
first_task "$network"
kill -TERM "$server"
wait "$server" || fail "it did not stop in order: $(tail -n 5 "$work/static.log")"
say "serves, stores the first task, keeps other users out, and stops in order: $(du --bytes "$empty/taskbridge" | cut --fields=1) bytes"

# Names are resolved without the libraries that glibc loads for it elsewhere.
connects_to() {
    alone "${settings[@]}" DATABASE_URL="postgres://tasks@$1:9/tasks" "$chroot" "$empty" /taskbridge migrate >"$work/names.log" 2>&1 || true
    grep --quiet --ignore-case "refused" "$work/names.log"
}
connects_to db.test && fail "db.test was found before there was a name server"
nsenter --net --target "$network" "$repository/scripts/releasing/name_server.py" &
name_server=$!
pids+=("$name_server")
# Its end is nothing to report.
disown
echo "nameserver 127.0.0.1" >"$empty/etc/resolv.conf"
for _ in $(seq 40); do ! connects_to db.test || break; sleep 0.5; done
connects_to db.test || fail "a name server is not asked: $(cat "$work/names.log")"
rm "$empty/etc/resolv.conf"
kill -KILL "$name_server"
echo "127.0.0.1 hosts.test" >"$empty/etc/hosts"
connects_to hosts.test || fail "/etc/hosts is not read: $(cat "$work/names.log")"
say "resolves names by a name server and by /etc/hosts"
