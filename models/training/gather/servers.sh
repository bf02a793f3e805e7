#!/usr/bin/env bash
# What servers.py and records.py need: servers from Debian, log libraries in the folder given. Nothing is started here.
#   servers.sh FOLDER; then: export PATH=FOLDER/venv/bin:$PATH NODE_PATH=FOLDER/node_modules
set -euo pipefail
folder=${1:?a folder for the libraries}
mkdir -p "$folder"
apt-get update -qq
# Most machines for containers have this file already; elsewhere it keeps apt from starting what it installs.
made=
if [ ! -e /usr/sbin/policy-rc.d ]; then
  made=yes
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
fi
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light apache2 lighttpd caddy haproxy varnish squid \
  redis-server memcached postgresql mariadb-server dnsmasq-base unbound bind9 mosquitto mosquitto-clients openssh-server rsyslog \
  tomcat10 activemq etcd-server nats-server prometheus prometheus-node-exporter > "$folder/apt.log"
[ -z "$made" ] || rm /usr/sbin/policy-rc.d
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet faker==40.54.0 uvicorn gunicorn loguru structlog
(cd "$folder" && npm install --silent --no-audit --no-fund --ignore-scripts express@5 morgan pino pino-http winston bunyan log4js)
echo "ready: export PATH=$folder/venv/bin:\$PATH NODE_PATH=$folder/node_modules"
