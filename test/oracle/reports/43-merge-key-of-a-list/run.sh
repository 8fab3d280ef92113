. ../lib.sh
step config; C config 2>&1; echo rc=$?
