#!/usr/bin/env bash
# Runs inside the booted Debian, as root: one phase of the installation test. Writes "ok WHAT" or "FAILED WHAT" lines to /result/PHASE.
set -uo pipefail

phase=$1
checkout=/srv/presensi
result=/result/$phase
install="$checkout/systemd/install.sh"

check() { # check WHAT COMMAND...
  local what=$1
  shift
  if "$@"; then echo "ok $what" >>"$result"; else echo "FAILED $what" >>"$result"; fi
}

refuse() { # refuse CODE COMMAND...: it must end with this code
  local code=$1 got=0
  shift
  "$@" || got=$?
  [[ $got == "$code" ]]
}

property() { systemctl show "$1" --property="$2" --value; }

# Wait for a state, by looking: a unit has no event to wait for that this shell could.
within() { # within SECONDS COMMAND...
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < until)) || return 1
    sleep 0.2
  done
}

is_state() { [[ $(property "$1" ActiveState) == "$2" ]]; }
says() { [[ $(property kiosk.service StatusText) == "$1" ]]; }
restarted() { (($(property "$1" NRestarts) > $2)); }
has_no_route() { [[ $(wc -l <"/proc/$(property kiosk.service MainPID)/net/route") == 1 ]]; } # the heading
answers() { python3 -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1])' "$1" 2>/dev/null; }
same_inode() { [[ $(stat -c %i "$1") == "$2" ]]; }
no_file_of_root() { [[ -z $(find /var/lib/presensi -user root) ]]; }
succeeds() { systemctl start "$1" && [[ $(property "$1" Result) == success ]]; }
due_within_a_day() { # the timer's next moment
  local next
  next=$(systemctl show "$1" --property=NextElapseUSecRealtime --value)
  [[ -n $next ]] && (($(date --date="$next" +%s) - $(date +%s) < 86400 + 2 * 3600))
}
no_extras() { ! /opt/presensi/venv/bin/python -c "import $1" 2>/dev/null; }

record() { # record RELEASE: one event in the journal, by that release's own code (the rooms have other names in each)
  systemctl stop kiosk.service
  runuser -u presensi -- /opt/presensi/venv/bin/python "$checkout/tests/install/record.py" && systemctl start kiosk.service
}
events() { kiosk events list 2>/dev/null | grep -c attack; }
has_events() { [[ $(events) == "$1" ]]; }
nothing_waits() { ! kiosk events list | grep -q waiting; }

case $phase in
  upgrade)
    former=/srv/released/systemd/install.sh
    check "the released version is installed" "$former"
    check "and its server" "$former" --role server
    check "its server runs" within 60 is_state etpp.service active
    check "an office is made" etpp office add dinas-uji "Dinas Uji"
    check "the terminal is provisioned" kiosk provision "$(etpp code dinas-uji)" --server http://127.0.0.1:8765
    check "the released terminal runs" within 180 is_state kiosk.service active
    check "it fetched a gallery" within 60 [ -e /var/lib/presensi/gallery.tinydb ]
    systemctl stop kiosk-sync.service
    check "it records" record
    printf '\n# a setting of this office\n' >>/etc/presensi/kiosk.toml
    before=$(readlink /opt/presensi/venv)

    check "this version is installed over terminal and server" "$install"
    check "the terminal runs" within 180 is_state kiosk.service active
    check "with the rooms of this version" /opt/presensi/venv/bin/python -c "import kiosk.journal.outbox, etpp.books"
    check "the settings are kept" grep -q "a setting of this office" /etc/presensi/kiosk.toml
    check "the event of before is there" has_events 1
    check "it records on in the same chain" record
    check "both are there" has_events 2
    check "the chain is whole over the upgrade" kiosk events verify
    check "the doctor finds identity and journal well" within 60 kiosk doctor --only identity --only outbox --only chain --only state
    systemctl start kiosk-sync.service
    check "all of it reaches the books of the upgraded server" within 120 nothing_waits
    check "the office is in the upgraded server" [ "$(etpp office list --json | grep -o 'dinas-[a-z]*' | head -1)" = dinas-uji ]
    check "the released version can be had back" "$install" --rollback
    check "it is the one in use" [ "$(readlink /opt/presensi/venv)" = "$before" ]
    check "it runs on the same state" within 180 is_state kiosk.service active
    check "with the events of both" has_events 2
    check "it is purged for the phases that follow" "$install" --uninstall --purge
    ;;
  install)
    check "a wrong option is refused" refuse 64 "$install" --role banana
    check "a user who is not root is refused" refuse 77 setpriv --reuid=65534 --clear-groups "$install"
    check "the terminal is installed" "$install"
    check "without an identity its screen is up" within 180 is_state kiosk.service active
    check "and says why" [ "$(property kiosk.service StatusText)" = "cannot record: not_provisioned" ]
    check "and it does not try in vain again and again" [ "$(property kiosk.service NRestarts)" = 0 ]
    check "the link does not run" within 60 is_state kiosk-sync.service failed
    echo "[camera" >/etc/presensi/broken.toml
    cp /etc/presensi/kiosk.toml /etc/presensi/kept.toml
    mv /etc/presensi/broken.toml /etc/presensi/kiosk.toml
    systemctl restart kiosk.service
    check "with wrong settings its screen is up" within 180 says "cannot record: settings_wrong"
    mv /etc/presensi/kept.toml /etc/presensi/kiosk.toml
    check "and it goes on by itself once they are right" within 120 says "cannot record: not_provisioned"
    for extra in fastapi sqlalchemy skimage pytest; do check "a terminal has no $extra" no_extras "$extra"; done

    check "the server is installed beside it" "$install" --role server
    check "etpp.service runs" within 60 is_state etpp.service active
    check "its console answers" within 60 answers http://127.0.0.1:8765/console/login
    check "an office is made" etpp office add dinas-uji "Dinas Uji"
    check "the nightly job works beside the running server" succeeds etpp-cohort.service
    check "its timer runs" is_state etpp-cohort.timer active
    check "and is due within a day" due_within_a_day etpp-cohort.timer
    systemctl stop etpp.service
    check "the nightly job needs no running server" succeeds etpp-cohort.service
    echo 'ETPP_DB="sqlite:////var/lib/etpp/other.db"' >>/etc/presensi/etpp.env
    check "the command etpp takes the database of the settings" etpp office add dinas-lain "Dinas Lain"
    check "and so does the nightly job" succeeds etpp-cohort.service
    check "the office is there and only there" [ "$(etpp office list --json | grep -o '"office_id": "[a-z-]*"')" = '"office_id": "dinas-lain"' ]
    sed -i '$d' /etc/presensi/etpp.env
    systemctl start etpp.service
    check "its console answers again" within 60 answers http://127.0.0.1:8765/console/login
    check "the terminal is provisioned" kiosk provision "$(etpp code dinas-uji)" --server http://127.0.0.1:8765
    check "kiosk.service says that it is ready" within 180 is_state kiosk.service active
    check "kiosk-sync.service says that it is ready" within 60 is_state kiosk-sync.service active
    check "the terminal has no route to anywhere" has_no_route
    check "the link has one" [ "$(wc -l <"/proc/$(property kiosk-sync.service MainPID)/net/route")" -gt 1 ]
    check "the doctor finds the server, the units and the identity well" \
      within 60 kiosk doctor --only server --only units --only identity --only state --only chain --only packages
    check "the state folder belongs to the terminal" [ "$(stat -c %U:%a /var/lib/presensi)" = presensi:700 ]
    check "nothing in the state folder belongs to root" no_file_of_root

    printf '\n# a setting of this office\n' >>/etc/presensi/kiosk.toml
    settings=$(stat -c %i /etc/presensi/kiosk.toml)
    before=$(readlink /opt/presensi/venv)
    check "it can be installed again" "$install"
    check "settings are kept" same_inode /etc/presensi/kiosk.toml "$settings"
    check "the new release is in use" [ "$(readlink /opt/presensi/venv)" != "$before" ]
    check "the old release is kept" [ -d "$before" ]
    check "kiosk.service came up with it" within 180 is_state kiosk.service active
    check "the release before can be had back" "$install" --rollback
    check "it is the one in use" [ "$(readlink /opt/presensi/venv)" = "$before" ]
    check "kiosk.service came up again" within 180 is_state kiosk.service active
    check "the timer came back with it" is_state etpp-cohort.timer active
    ;;
  reboot)
    check "kiosk.service comes up at boot" within 180 is_state kiosk.service active
    check "the nightly job's timer runs after the boot" is_state etpp-cohort.timer active
    pid=$(property kiosk.service MainPID)
    kill -KILL "$pid"
    check "a killed terminal is started again" within 30 restarted kiosk.service 0
    check "and becomes ready" within 120 is_state kiosk.service active
    kill -STOP "$(property kiosk.service MainPID)"
    check "the watchdog restarts a terminal that hangs" within 150 restarted kiosk.service 1
    check "and it becomes ready" within 120 is_state kiosk.service active
    ;;
  uninstall)
    touch /var/lib/presensi/kept
    check "it is uninstalled" "$install" --uninstall
    check "the units are gone" refuse 1 grep -rlq presensi /etc/systemd/system --include=kiosk* --include=etpp*
    check "the program is gone" [ ! -e /opt/presensi ]
    check "the state is still there" [ -e /var/lib/presensi/kept ]
    check "the settings are still there" grep -q "a setting of this office" /etc/presensi/kiosk.toml
    check "it can be uninstalled twice" "$install" --uninstall
    check "it can be installed once more" "$install"
    check "kiosk.service is ready with the identity that was kept" within 180 is_state kiosk.service active

    mkdir -p /etc/credstore.encrypted
    head -c 32 /dev/urandom | systemd-creds encrypt --name=presensi-storage-key - /etc/credstore.encrypted/presensi-storage-key
    systemctl stop kiosk.service kiosk-sync.service
    rm -r /var/lib/presensi/*
    check "the server is installed again" "$install" --role server
    check "its console answers" within 60 answers http://127.0.0.1:8765/console/login
    check "a terminal is provisioned whose key only systemd can open" \
      kiosk provision "$(etpp code dinas-uji)" --server http://127.0.0.1:8765
    check "no storage key lies in the state folder" [ ! -e /var/lib/presensi/identity/storage.key ]
    check "kiosk.service is ready with that key" within 180 is_state kiosk.service active
    check "kiosk-sync.service fetches a gallery that it encrypts" within 60 [ -e /var/lib/presensi/gallery.tinydb ]
    check "the commands find the key too" kiosk doctor --only outbox --only identity
    check "it is purged" "$install" --uninstall --purge
    check "the state is gone" [ ! -e /var/lib/presensi ]
    check "the server's is gone too" refuse 2 ls /var/lib/etpp /var/lib/systemd/timers/stamp-etpp-cohort.timer
    check "the settings are gone" [ ! -e /etc/presensi ]
    check "the users are gone" refuse 2 getent passwd presensi etpp
    ;;
esac
echo "done" >>"$result"
