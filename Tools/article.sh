# The walk of the article «Secrets management with Docker Swarm», with containers; sourced by Tools/quickstart.

title "A container engine of our own ($engine), with an image centos:latest made of busybox"
need_engines
shown "Tools/engine start $engine $base/engine"
mkdir -p "$base"
chmod 0755 "$base"
Tools/engine start "$engine" "$base/engine" || die "the engine did not start"
daemon_flags="--engine unix://$base/engine/engine.sock"

title "Three nodes"
for name in $names; do
    mkdir -p "$base/$name"
    start "$name"
done
for name in $names; do wait_for 100 test -S "$base/$name/control.sock" || die "$name did not start"; done
show swarm init || die "swarm init failed"
worker=$(on m1 swarm join-token -q worker) || die "no worker token"
for name in w1 w2; do
    shown "conclave swarm join --token CNCLT-1-w-… 127.0.0.1:$(port_of m1)   # on $name"
    on "$name" swarm join --token "$worker" "127.0.0.1:$(port_of m1)" || die "$name could not join"
done
ready() { [ "$(on m1 node ls --format '{{.Status}}' | grep -c Ready)" -eq 3 ]; }
wait_for 200 ready || die "not every node became ready"
engines() { [ "$(on m1 node inspect m1 w1 w2 | grep -c '"container"')" -eq 3 ]; }
wait_for 100 engines || die "not every node found the engine"
show node ls

title "A secret"
printf '$ echo "This is my secret." | conclave secret create my-secret -\n'
echo "This is my secret." | on m1 secret create my-secret - || die "secret create failed"
show secret ls
show secret inspect my-secret

title "A service that uses it"
runs() { [ "$(on m1 service ps "$1" --format '{{.DesiredState}} {{.CurrentState}}' | grep -c '^Running Running')" -eq 1 ]; }
show service create --detach=true --name secret-service --secret my-secret --entrypoint /bin/sh --tty=true centos ||
    die "service create failed"
wait_for 300 runs secret-service || { on m1 service ps --no-trunc secret-service; die "the task did not start"; }
show service ps secret-service

title "A shell in its task, on whatever node it runs"
show exec secret-service.1 ls /run/secrets
show exec secret-service.1 cat /run/secrets/my-secret || die "exec failed"

# The article's stack comes here.

title "In use"
show secret rm my-secret && die "a secret in use was removed"

title "Another secret under the old name: the task is replaced"
printf '$ echo "A new secret" | conclave secret create my-secret.v2 -\n'
echo "A new secret" | on m1 secret create my-secret.v2 - || die "secret create failed"
show service update --detach=true --secret-rm my-secret --secret-add source=my-secret.v2,target=my-secret \
    secret-service || die "service update failed"
reads() { [ "$(on m1 exec "$1" cat /run/secrets/my-secret)" = "$2" ]; }
wait_for 600 reads secret-service.1 "A new secret" || die "the task does not read the new secret"
show service ps secret-service
show exec secret-service.1 cat /run/secrets/my-secret
removed() { on m1 secret rm my-secret; }
printf '$ conclave secret rm my-secret\n'
wait_for 100 removed || die "the old secret could not be removed"
echo my-secret

title "What the article could not do: a new value in the same container"
container() { curl -s --unix-socket "$base/engine/engine.sock" http://engine/v1.41/containers/json | grep -oE '"Id":"[0-9a-f]{64}"'; }
before=$(container)
printf '$ echo "Changed in place" | conclave secret update my-secret.v2 -\n'
echo "Changed in place" | on m1 secret update my-secret.v2 - || die "secret update failed"
wait_for 100 reads secret-service.1 "Changed in place" || die "the task does not read the new value"
show exec secret-service.1 cat /run/secrets/my-secret
[ "$before" = "$(container)" ] || die "the container is another one"

title "Removing it all"
show service rm secret-service || die "service rm failed"
empty() { [ -z "$(container)" ]; }
wait_for 300 empty || die "a container is left"
stop_all
trap - INT TERM
printf '\nIt took %d s.\n' $(($(date +%s) - started))
