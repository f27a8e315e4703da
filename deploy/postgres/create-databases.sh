#!/bin/sh
# Runs once, when the postgres image initialises its volume: one database and one role per service, and nobody
# else may connect to it. The passwords come from the environment.
set -eu
for service in payments partners reporting research gateway; do
    name=$(echo "$service" | tr '[:lower:]' '[:upper:]')
    eval "password=\${${name}_DATABASE_PASSWORD:?}"
    psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --set role="$service" --set password="$password" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
done
