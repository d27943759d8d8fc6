# The walk of the article «Secrets management with Docker Swarm», with containers; sourced by Tools/quickstart.

names="m1 w1 w2"
network=10.217.77
address_of() { case $1 in m1) echo $network.11:7377 ;; w1) echo $network.12:7377 ;; w2) echo $network.13:7377 ;; esac; }

# A network namespace each, behind a bridge in one of its own, where no firewall of this machine is in the way.
make_hosts() {
    switch=$(host_of switch)
    ip netns add "$switch" && ip -n "$switch" link add bridge0 type bridge && ip -n "$switch" link set bridge0 up ||
        return 1
    for name in $names; do
        host=$(host_of "$name") address=$(address_of "$name")
        ip netns add "$host" && ip -n "$host" link set lo up &&
            ip -n "$host" link add eth0 type veth peer name "$name" netns "$switch" &&
            ip -n "$switch" link set "$name" master bridge0 up &&
            ip -n "$host" addr add "${address%:*}/24" dev eth0 && ip -n "$host" link set eth0 up || return 1
    done
}

start_engines() {
    started_engines=''
    for name in $names; do
        mkdir -p "$base/$name"
        $(inside "$name") Tools/engine start "$engine" "$base/$name/engine" &
        started_engines="$started_engines $!"
    done
    for one in $started_engines; do wait "$one" || return 1; done
}

# Whether a service's task runs, where, what it reads, and whether its update has ended.
runs() { [ "$(on m1 service ps "$1" --format '{{.DesiredState}} {{.CurrentState}}' | grep -c '^Running Running')" -eq 1 ]; }
node_of() { on m1 service ps "$1" --filter desired-state=running --format '{{.Node}}'; }
reads() { [ "$(on m1 exec "$1.1" cat /run/secrets/my-secret)" = "$2" ]; }
updated() { on m1 service inspect --pretty "$1" | grep -q 'State:.*completed$'; }
# The containers of all engines.
containers() {
    for name in $names; do
        curl -s --unix-socket "$base/$name/engine/engine.sock" http://engine/v1.41/containers/json |
            grep -oE '"Id":"[0-9a-f]{64}"'
    done
}
# Shows a command that reads a secret's value from standard input.
show_value() {
    printf '$ echo "%s" | conclave %s\n' "$1" "${*:2}"
    echo "$1" | on m1 "${@:2}" || die "$2 $3 failed"
}
swap() {
    show service update --detach=true --secret-rm my-secret --secret-add source=my-secret.v2,target=my-secret "$1" ||
        die "service update failed"
    wait_for 600 updated "$1" || { on m1 service ps --no-trunc "$1"; die "the update of $1 did not end"; }
}
refused() {
    show secret rm my-secret && die "a secret in use was removed"
    printf '[exit code %d]\n' $?
}

title "Three hosts with a container engine each ($engine), and an image centos:latest made of busybox"
need_engines
mkdir -p "$base"
chmod 0755 "$base"
make_hosts || die "the hosts could not be made"
start_engines || die "an engine did not start"
for name in $names; do start "$name" --engine "unix://$base/$name/engine/engine.sock"; done
for name in $names; do wait_for 100 test -S "$base/$name/control.sock" || die "$name did not start"; done
shown "conclaved --engine unix://$base/m1/engine/engine.sock … &   # on m1, w1 and w2"

title "A cluster"
show swarm init || die "swarm init failed"
worker=$(on m1 swarm join-token -q worker) || die "no worker token"
for name in w1 w2; do
    shown "conclave swarm join --token CNCLT-1-w-… $(address_of m1)   # on $name"
    on "$name" swarm join --token "$worker" "$(address_of m1)" || die "$name could not join"
done
ready() { [ "$(on m1 node ls --format '{{.Status}}' | grep -c Ready)" -eq 3 ]; }
wait_for 200 ready || die "not every node became ready"
have_engines() { [ "$(on m1 node inspect m1 w1 w2 | grep -c '"container"')" -eq 3 ]; }
wait_for 100 have_engines || die "not every node found its engine"
show node ls

title "A secret"
show_value "This is my secret." secret create my-secret -
show secret ls
show secret inspect my-secret

title "A service that uses it"
show service create --detach=true --name secret-service --secret my-secret --entrypoint /bin/sh --tty=true centos ||
    die "service create failed"
wait_for 300 runs secret-service || { on m1 service ps --no-trunc secret-service; die "the task did not start"; }
show service ps secret-service

title "A shell in its task, on whatever node it runs"
show exec secret-service.1 ls /run/secrets
show exec secret-service.1 cat /run/secrets/my-secret || die "exec failed"

title "A stack that uses the same secret"
cp Tools/secret_stack.yml "$base/secret_stack.yml"
shown "cat secret_stack.yml"
cat "$base/secret_stack.yml"
client=secret-stack_client-service
(cd "$base" && show stack deploy -c secret_stack.yml secret-stack) || die "stack deploy failed"
wait_for 300 runs $client || { on m1 stack ps --no-trunc secret-stack; die "the stack's task did not start"; }
show stack ls
show stack ps secret-stack
[ "$(node_of secret-service)" != "$(node_of $client)" ] || die "both tasks are on the same node"
show exec $client.1 cat /run/secrets/my-secret || die "exec failed"

title "In use by both"
refused

title "Another secret under the old name: the tasks are replaced"
show_value "A new secret" secret create my-secret.v2 -
swap secret-service
show service ps secret-service
show exec secret-service.1 cat /run/secrets/my-secret
refused
swap $client
show exec $client.1 cat /run/secrets/my-secret
removed() { on m1 secret rm my-secret; }
printf '$ conclave secret rm my-secret\n'
wait_for 100 removed || die "the old secret could not be removed"
echo my-secret

title "What the article could not do: a new value in the same containers"
before=$(containers)
show_value "Changed in place" secret update my-secret.v2 -
for service in secret-service $client; do
    wait_for 100 reads $service "Changed in place" || die "the task of $service does not read the new value"
    show exec $service.1 cat /run/secrets/my-secret
done
[ "$before" = "$(containers)" ] || die "a container is another one"
show service ps secret-service

title "Removing it all"
show service rm secret-service || die "service rm failed"
show stack rm secret-stack || die "stack rm failed"
empty() { [ -z "$(containers)" ]; }
wait_for 300 empty || die "a container is left"
show secret rm my-secret.v2 || die "secret rm failed"
ended
