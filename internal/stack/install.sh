# Installs the packages named as arguments without letting them start a service or make a database of their
# own. Run as root.
set -eu
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.conf
tidy() {
  if [ -n "${ours:-}" ]; then rm -f "$policy"; fi
  if [ -n "${kept:-}" ]; then mv "$clusters.cunfen" "$clusters"; fi
}
trap tidy EXIT
apt="apt-get -y --no-install-recommends -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300"
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  ours=1
fi
apt-get -o Acquire::Retries=3 update
case " $* " in
*" postgresql "*)
  $apt install postgresql-common
  if [ -f "$clusters" ]; then
    cp -p "$clusters" "$clusters.cunfen"
    kept=1
    sed -ri 's/^#? *create_main_cluster *=.*$/create_main_cluster = false/' "$clusters"
  fi
  ;;
esac
$apt install "$@"
if [ -d /run/systemd/system ]; then
  for unit in postgresql redis-server; do
    case " $* " in *" $unit "*) systemctl disable "$unit" || true ;; esac
  done
fi
