#!/bin/sh
# Debian's own Apache and nginx with their own configuration, in namespaces where nobody else sees what is changed: ports 80 and 443,
# /etc and /run are this script's. Run by webMachine.test.ts: unshare -m -n sh webMachine.sh main.js folder
set -e
main=$1
folder=$2
ip link set lo up
mkdir "$folder/etc" "$folder/apache2"
cp -a /etc/. "$folder/etc"
mount --bind "$folder/etc" /etc
cp -a /var/lib/apache2/. "$folder/apache2"
mount --bind "$folder/apache2" /var/lib/apache2
mount -t tmpfs none /run
mount -t tmpfs none /var/log
mkdir -p /run/apache2 /run/lock /var/log/apache2 /var/log/nginx
# As the packages leave them, whatever this machine has besides.
find /etc/apache2/sites-enabled /etc/apache2/mods-enabled /etc/nginx/sites-enabled -mindepth 1 -delete
find /etc/apache2/conf-enabled /etc/nginx/conf.d -mindepth 1 -name 'supermon*' -delete
a2enmod -q mpm_event authz_core authz_host access_compat alias dir mime env setenvif reqtimeout >/dev/null
a2ensite -q 000-default >/dev/null
ln -s /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default

export SUPERMON_LIVE_SETTINGS=/etc/supermon-live/supermon-live.conf
mkdir -p /etc/supermon-live
echo '127.0.0.1 localhost node.example' >/etc/hosts
printf 'base = /supermon-live\nport = 8105\n' >"$SUPERMON_LIVE_SETTINGS"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 60 -subj /CN=node.example -addext subjectAltName=DNS:node.example \
  -keyout /etc/ssl/node.example.key -out /etc/ssl/node.example.pem 2>/dev/null
export NODE_EXTRA_CA_CERTS=/etc/ssl/node.example.pem
tls='--name node.example --certificate /etc/ssl/node.example.pem --key /etc/ssl/node.example.key'

live() { node "$main" "$@" 2>&1 || echo "exit code $?"; }
listing() { find /etc/apache2 /etc/nginx /etc/supermon-live -not -path '*/mods-enabled*' \( -type f -o -type l \) -exec ls -l --time-style=+ {} + -exec md5sum {} + 2>/dev/null | sort; }
section() { echo "== $1"; }
# Until the web server has read what it was told.
answers() { i=0; until node -e "fetch('$1').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))" || [ $i -gt 50 ]; do i=$((i + 1)); sleep 0.1; done; }

node "$main" >/dev/null 2>&1 &
gateway=$!
answers http://127.0.0.1:8105/supermon-live/healthz
listing >"$folder/before"
apache2ctl start 2>/dev/null
section 'apache: dry run'; live web apache --dry-run
listing | cmp - "$folder/before" && echo 'nothing was changed'
section 'apache: folder'; live web apache; answers http://127.0.0.1/supermon-live/healthz; live doctor
section 'apache: again'; live web apache
section 'apache: host'; live web apache $tls; answers https://node.example/supermon-live/healthz; live doctor
section 'apache: complains'
echo Nonsense >/etc/apache2/conf-enabled/nonsense.conf
listing >"$folder/spoiled"
live web apache
listing | cmp - "$folder/spoiled" && echo 'all is as before'
rm /etc/apache2/conf-enabled/nonsense.conf
section 'apache: removed'; live web --remove
listing | cmp - "$folder/before" && echo 'nothing is left'
apache2ctl stop 2>/dev/null
while [ -e /run/apache2/apache2.pid ]; do sleep 0.1; done
nginx
section 'nginx: folder'; live web nginx; answers http://127.0.0.1/supermon-live/healthz; live doctor
section 'nginx: host'; live web nginx $tls; answers https://node.example/supermon-live/healthz; live doctor
section 'nginx: complains'
echo 'nonsense;' >/etc/nginx/conf.d/nonsense.conf
listing >"$folder/spoiled"
live web nginx
listing | cmp - "$folder/spoiled" && echo 'all is as before'
rm /etc/nginx/conf.d/nonsense.conf
section 'nginx: removed'; live web --remove
listing | cmp - "$folder/before" && echo 'nothing is left'
nginx -s stop 2>/dev/null
kill "$gateway"
