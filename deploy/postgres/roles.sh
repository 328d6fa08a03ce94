#!/bin/bash
# Makes the four runtime logins with their passwords before the first migration, which keeps them as they are.
set -euo pipefail
for role in app worker bureau export; do
  variable="DB_${role^^}_PASSWORD"
  psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v role="cunfen_$role" -v password="${!variable}" <<'SQL'
create role :"role" login password :'password';
SQL
done
