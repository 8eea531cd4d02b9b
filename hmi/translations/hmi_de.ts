<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>AlarmButton</name>
    <message>
        <source>Most urgent alarm</source>
        <translation>Dringendster Alarm</translation>
    </message>
    <message>
        <source>No unacknowledged alarm</source>
        <translation>Kein unquittierter Alarm</translation>
    </message>
    <message>
        <source>OTHA</source>
        <translation>OTHA</translation>
    </message>
</context>
<context>
    <name>Alarms</name>
    <message>
        <source> (first out)</source>
        <translation> (zuerst)</translation>
    </message>
    <message>
        <source>Priority</source>
        <translation>Priorität</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Since</source>
        <translation>Seit</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <source>Alarm</source>
        <translation>Alarm</translation>
    </message>
    <message>
        <source>Detail</source>
        <translation>Detail</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Filter: words in the row</source>
        <translation>Filter: Wörter der Zeile</translation>
    </message>
    <message>
        <source>Silence (F10)</source>
        <translation>Hupe aus (F10)</translation>
    </message>
    <message>
        <source>Cause</source>
        <translation>Ursache</translation>
    </message>
    <message>
        <source>Consequence</source>
        <translation>Folge</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>Was tun</translation>
    </message>
    <message>
        <source>&amp;Comment</source>
        <translation>Be&amp;merkung</translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation>{0} min</translation>
    </message>
    <message>
        <source>until it is over</source>
        <translation>bis er vorbei ist</translation>
    </message>
    <message>
        <source>&amp;Acknowledge</source>
        <translation>&amp;Quittieren</translation>
    </message>
    <message>
        <source>&amp;Reset</source>
        <translation>&amp;Rücksetzen</translation>
    </message>
    <message>
        <source>&amp;Shelve</source>
        <translation>&amp;Zurückstellen</translation>
    </message>
    <message>
        <source>&amp;Unshelve</source>
        <translation>Zurück&amp;holen</translation>
    </message>
    <message>
        <source>&amp;Out of service</source>
        <translation>&amp;Außer Betrieb</translation>
    </message>
    <message>
        <source>&amp;In service</source>
        <translation>&amp;In Betrieb</translation>
    </message>
    <message>
        <source>Show &amp;group</source>
        <translation>Zur &amp;Gruppe</translation>
    </message>
    <message>
        <source>&amp;History</source>
        <translation>&amp;Verlauf</translation>
    </message>
    <message>
        <source>Active</source>
        <translation>Anstehend</translation>
    </message>
    <message>
        <source>Shelved</source>
        <translation>Zurückgestellt</translation>
    </message>
    <message>
        <source>Suppressed</source>
        <translation>Unterdrückt</translation>
    </message>
    <message>
        <source>Out of service</source>
        <translation>Außer Betrieb</translation>
    </message>
    <message>
        <source>Choose an alarm</source>
        <translation>Alarm wählen</translation>
    </message>
    <message>
        <source>Say why it is shelved</source>
        <translation>Grund für das Zurückstellen angeben</translation>
    </message>
    <message>
        <source>Sent …</source>
        <translation>Gesendet …</translation>
    </message>
    <message>
        <source>{0} may not do this</source>
        <translation>{0} darf das nicht</translation>
    </message>
    <message>
        <source>No answer: look whether it was taken</source>
        <translation>Keine Antwort: nachsehen, ob es angenommen wurde</translation>
    </message>
    <message>
        <source>Taken</source>
        <translation>Angenommen</translation>
    </message>
</context>
<context>
    <name>AlarmsPage</name>
    <message>
        <source>Alarms</source>
        <translation>Alarme</translation>
    </message>
</context>
<context>
    <name>Bar</name>
    <message>
        <source>Mode</source>
        <translation>Betriebsart</translation>
    </message>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Clock offset</source>
        <translation>Uhrabweichung</translation>
    </message>
    <message>
        <source>Data age</source>
        <translation>Datenalter</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>SIMULATION: {0} is a simulated plant</source>
        <translation>SIMULATION: {0} ist eine simulierte Anlage</translation>
    </message>
    <message>
        <source>nobody</source>
        <translation>niemand</translation>
    </message>
    <message>
        <source>{0}, LOCKED: Ctrl+L</source>
        <translation>{0}, GESPERRT: Strg+L</translation>
    </message>
    <message>
        <source>STALE {0}: OTHA&apos;s supervisor is not heard. What is shown may be wrong.</source>
        <translation>VERALTET {0}: OTHAs Überwachung ist nicht zu hören. Die Anzeige kann falsch sein.</translation>
    </message>
    <message>
        <source>STALE {0}</source>
        <translation>VERALTET {0}</translation>
    </message>
    <message>
        <source>NO DATA</source>
        <translation>KEINE DATEN</translation>
    </message>
    <message>
        <source>again in {0}</source>
        <translation>erneut in {0}</translation>
    </message>
    <message>
        <source>This display has failed: what it shows may be old. Start it anew. ({0})</source>
        <translation>Diese Anzeige hat versagt: was sie zeigt, kann alt sein. Neu starten. ({0})</translation>
    </message>
    <message>
        <source>This display stood still for {0}: look anew</source>
        <translation>Diese Anzeige stand {0} still: neu hinsehen</translation>
    </message>
    <message>
        <source>Clocks differ by {0}: times shown are OTHA&apos;s</source>
        <translation>Uhren weichen um {0} ab: gezeigt werden OTHAs Zeiten</translation>
    </message>
    <message>
        <source>ISOLATED</source>
        <translation>ISOLIERT</translation>
    </message>
    <message>
        <source>TILT: watching</source>
        <translation>TILT: beobachtet nur</translation>
    </message>
    <message>
        <source>HALTED</source>
        <translation>ANGEHALTEN</translation>
    </message>
    <message>
        <source>armed</source>
        <translation>scharf</translation>
    </message>
</context>
<context>
    <name>Board</name>
    <message>
        <source>Groups</source>
        <translation>Gruppen</translation>
    </message>
    <message>
        <source>+ {0} nodes</source>
        <translation>+ {0} Knoten</translation>
    </message>
</context>
<context>
    <name>CommissioningPage</name>
    <message>
        <source>Commissioning</source>
        <translation>Inbetriebnahme</translation>
    </message>
    <message>
        <source>Fault console</source>
        <translation>Fehlerkonsole</translation>
    </message>
    <message>
        <source>Diagnostics</source>
        <translation>Diagnose</translation>
    </message>
    <message>
        <source>This plant is not simulated: there is no fault console.</source>
        <translation>Diese Anlage ist nicht simuliert: es gibt keine Störkonsole.</translation>
    </message>
    <message>
        <source>The fault console is for commissioning.</source>
        <translation>Die Störkonsole ist für die Inbetriebnahme.</translation>
    </message>
</context>
<context>
    <name>Diagnostics</name>
    <message>
        <source>Supervisor</source>
        <translation>Überwachung</translation>
    </message>
    <message>
        <source>ServiceLevel of OTHA</source>
        <translation>ServiceLevel von OTHA</translation>
    </message>
    <message>
        <source>Reasons against it</source>
        <translation>Gründe dagegen</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>What it could not have</source>
        <translation>Was es nicht haben konnte</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>nichts</translation>
    </message>
    <message>
        <source>Heartbeats that have left</source>
        <translation>Abgesandte Lebenszeichen</translation>
    </message>
    <message>
        <source>Heartbeats skipped</source>
        <translation>Ausgelassene Lebenszeichen</translation>
    </message>
    <message>
        <source>Lateness, 99.9 %</source>
        <translation>Verspätung, 99,9 %</translation>
    </message>
    <message>
        <source>Loop stalls above 5 ms</source>
        <translation>Stockungen über 5 ms</translation>
    </message>
    <message>
        <source>Longest stall</source>
        <translation>Längste Stockung</translation>
    </message>
    <message>
        <source>Newest row of the journal</source>
        <translation>Neueste Zeile des Journals</translation>
    </message>
    <message>
        <source>Interface</source>
        <translation>Schnittstelle</translation>
    </message>
    <message>
        <source>Its certificate</source>
        <translation>Ihr Zertifikat</translation>
    </message>
    <message>
        <source>Age of what is shown</source>
        <translation>Alter des Gezeigten</translation>
    </message>
    <message>
        <source>OTHA&apos;s clock less this one&apos;s</source>
        <translation>OTHAs Uhr minus diese</translation>
    </message>
    <message>
        <source>can&apos;t be read</source>
        <translation>nicht lesbar</translation>
    </message>
    <message>
        <source>as it was taken</source>
        <translation>wie übernommen</translation>
    </message>
    <message>
        <source>changed since: otha apply takes it</source>
        <translation>seither geändert: otha apply übernimmt sie</translation>
    </message>
    <message>
        <source>Site file</source>
        <translation>Anlagendatei</translation>
    </message>
    <message>
        <source>On disk</source>
        <translation>Auf der Platte</translation>
    </message>
    <message>
        <source>Hash of what it says</source>
        <translation>Hash des Inhalts</translation>
    </message>
    <message>
        <source>{0} counted</source>
        <translation>{0} gezählt</translation>
    </message>
    <message>
        <source>at most</source>
        <translation>höchstens</translation>
    </message>
    <message>
        <source>Facts</source>
        <translation>Angaben</translation>
    </message>
    <message>
        <source>Fact</source>
        <translation>Angabe</translation>
    </message>
    <message>
        <source>Is</source>
        <translation>Ist</translation>
    </message>
    <message>
        <source>Lateness of departures, all channels</source>
        <translation>Verspätung der Absendungen, alle Kanäle</translation>
    </message>
    <message>
        <source>&amp;Histogram</source>
        <translation>&amp;Histogramm</translation>
    </message>
    <message>
        <source>Replies on {0}</source>
        <translation>Antworten über {0}</translation>
    </message>
</context>
<context>
    <name>Diagram</name>
    <message>
        <source>level {0}</source>
        <translation>Stufe {0}</translation>
    </message>
    <message>
        <source>in RPO {0} · ready {1}</source>
        <translation>im RPO {0} · bereit {1}</translation>
    </message>
    <message>
        <source>needs {0}</source>
        <translation>braucht {0}</translation>
    </message>
    <message>
        <source>via {0}</source>
        <translation>über {0}</translation>
    </message>
    <message>
        <source>gate {0}</source>
        <translation>Tor {0}</translation>
    </message>
    <message>
        <source>gate {0}, NOT SEEN</source>
        <translation>Tor {0}, NICHT GESEHEN</translation>
    </message>
    <message>
        <source>owner {0}</source>
        <translation>Besitzer {0}</translation>
    </message>
    <message>
        <source>epoch {0}</source>
        <translation>Epoche {0}</translation>
    </message>
    <message>
        <source>held, {0} left</source>
        <translation>gehalten, noch {0}</translation>
    </message>
    <message>
        <source>takeover permitted</source>
        <translation>Übernahme erlaubt</translation>
    </message>
    <message>
        <source>no takeover permit</source>
        <translation>Übernahme nicht erlaubt</translation>
    </message>
    <message>
        <source>machine {0}</source>
        <translation>Maschine {0}</translation>
    </message>
    <message>
        <source>{0} uses {1}</source>
        <translation>{0} nutzt {1}</translation>
    </message>
    <message>
        <source>{0} not seen</source>
        <translation>{0} nicht gesehen</translation>
    </message>
    <message>
        <source>Diagram of the group</source>
        <translation>Schema der Gruppe</translation>
    </message>
    <message>
        <source>All nodes share: {0}</source>
        <translation>Alle Knoten teilen: {0}</translation>
    </message>
</context>
<context>
    <name>Drills</name>
    <message>
        <source>Choose a transfer to see its sheet</source>
        <translation>Umschaltung wählen, um ihr Blatt zu sehen</translation>
    </message>
    <message>
        <source>All groups</source>
        <translation>Alle Gruppen</translation>
    </message>
    <message>
        <source>&amp;Drills alone</source>
        <translation>&amp;Nur Übungen</translation>
    </message>
    <message>
        <source>&amp;Look anew</source>
        <translation>Neu &amp;laden</translation>
    </message>
    <message>
        <source>&amp;Start a drill …</source>
        <translation>&amp;Übung beginnen …</translation>
    </message>
    <message>
        <source>Sheet as &amp;PDF</source>
        <translation>Blatt als &amp;PDF</translation>
    </message>
    <message>
        <source>Sheet as &amp;HTML</source>
        <translation>Blatt als &amp;HTML</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Nach</translation>
    </message>
    <message>
        <source>By</source>
        <translation>Durch</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>Ende</translation>
    </message>
    <message>
        <source>Took
ms</source>
        <translation>Dauer
ms</translation>
    </message>
    <message>
        <source>Gap ms
(bound)</source>
        <translation>Lücke ms
(Grenze)</translation>
    </message>
    <message>
        <source>Bump</source>
        <translation>Stoß</translation>
    </message>
    <message>
        <source>Bounds</source>
        <translation>Grenzen</translation>
    </message>
    <message>
        <source>no answer</source>
        <translation>keine Antwort</translation>
    </message>
    <message>
        <source>, and older ones</source>
        <translation> und ältere</translation>
    </message>
    <message>
        <source>{0} transfers{1}</source>
        <translation>{0} Umschaltungen{1}</translation>
    </message>
    <message>
        <source>Written: {0}</source>
        <translation>Geschrieben: {0}</translation>
    </message>
    <message>
        <source>Not written: {0}</source>
        <translation>Nicht geschrieben: {0}</translation>
    </message>
    <message>
        <source>drill</source>
        <translation>Übung</translation>
    </message>
    <message>
        <source>missed</source>
        <translation>verfehlt</translation>
    </message>
    <message>
        <source>Save the sheet</source>
        <translation>Blatt speichern</translation>
    </message>
</context>
<context>
    <name>DrillsPage</name>
    <message>
        <source>Drills</source>
        <translation>Übungen</translation>
    </message>
    <message>
        <source>Choose a group first</source>
        <translation>Erst eine Gruppe wählen</translation>
    </message>
    <message>
        <source>The site file does not mark this group for drills</source>
        <translation>Die Anlagendatei gibt diese Gruppe nicht für Übungen frei</translation>
    </message>
    <message>
        <source>Your role may not start a drill</source>
        <translation>Ihre Rolle darf keine Übung beginnen</translation>
    </message>
</context>
<context>
    <name>Events</name>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>the server gave no answer</source>
        <translation>der Server gab keine Antwort</translation>
    </message>
    <message>
        <source>the server sent rows that can&apos;t be read</source>
        <translation>der Server sandte unlesbare Zeilen</translation>
    </message>
    <message>
        <source>more than {0} rows: choose a shorter time, or CSV</source>
        <translation>mehr als {0} Zeilen: kürzere Zeit wählen, oder CSV</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>No</source>
        <translation>Nr.</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Choose a row to see all that was journaled</source>
        <translation>Zeile wählen, um alles Protokollierte zu sehen</translation>
    </message>
    <message>
        <source>All, live</source>
        <translation>Alle, laufend</translation>
    </message>
    <message>
        <source>Last hour</source>
        <translation>Letzte Stunde</translation>
    </message>
    <message>
        <source>Last 24 hours</source>
        <translation>Letzte 24 Stunden</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Heute</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>Gestern</translation>
    </message>
    <message>
        <source>From … to …</source>
        <translation>Von … bis …</translation>
    </message>
    <message>
        <source>All groups</source>
        <translation>Alle Gruppen</translation>
    </message>
    <message>
        <source>All kinds</source>
        <translation>Alle Arten</translation>
    </message>
    <message>
        <source>Search in what was journaled</source>
        <translation>Im Protokoll suchen</translation>
    </message>
    <message>
        <source>&amp;Follow the newest</source>
        <translation>&amp;Neuesten folgen</translation>
    </message>
    <message>
        <source>chain not verified</source>
        <translation>Kette nicht geprüft</translation>
    </message>
    <message>
        <source>&amp;Verify the chain</source>
        <translation>Kette &amp;prüfen</translation>
    </message>
    <message>
        <source>Export &amp;CSV</source>
        <translation>Als &amp;CSV</translation>
    </message>
    <message>
        <source>Export &amp;PDF</source>
        <translation>Als P&amp;DF</translation>
    </message>
    <message>
        <source>chain verified up to row {0}</source>
        <translation>Kette geprüft bis Zeile {0}</translation>
    </message>
    <message>
        <source> and more: scroll on</source>
        <translation> und mehr: weiterblättern</translation>
    </message>
    <message>
        <source>{0} events{1}</source>
        <translation>{0} Ereignisse{1}</translation>
    </message>
    <message>
        <source>verifying</source>
        <translation>wird geprüft</translation>
    </message>
    <message>
        <source>Events, {0}, until {1}</source>
        <translation>Ereignisse, {0}, bis {1}</translation>
    </message>
    <message>
        <source>{0} exported</source>
        <translation>{0} ausgegeben</translation>
    </message>
    <message>
        <source>{0} events in {1}</source>
        <translation>{0} Ereignisse in {1}</translation>
    </message>
    <message>
        <source>Not exported: {0}</source>
        <translation>Nicht ausgegeben: {0}</translation>
    </message>
    <message>
        <source>chain BROKEN at row {0}: {1}</source>
        <translation>Kette GEBROCHEN bei Zeile {0}: {1}</translation>
    </message>
    <message>
        <source>not verified: no answer</source>
        <translation>nicht geprüft: keine Antwort</translation>
    </message>
    <message>
        <source>Export events</source>
        <translation>Ereignisse ausgeben</translation>
    </message>
</context>
<context>
    <name>EventsPage</name>
    <message>
        <source>Events</source>
        <translation>Ereignisse</translation>
    </message>
</context>
<context>
    <name>Facts</name>
    <message>
        <source>active {0}</source>
        <translation>aktiv {0}</translation>
    </message>
    <message>
        <source>epoch {0}</source>
        <translation>Epoche {0}</translation>
    </message>
    <message>
        <source>record {0}, {1}</source>
        <translation>Eintrag {0}, {1}</translation>
    </message>
    <message>
        <source>suspected: {0}</source>
        <translation>verdächtig: {0}</translation>
    </message>
    <message>
        <source>{0} transfers in the window</source>
        <translation>{0} Umschaltungen im Fenster</translation>
    </message>
    <message>
        <source>switchover: {0}, failover: {1}</source>
        <translation>Umschaltung: {0}, bei Ausfall: {1}</translation>
    </message>
    <message>
        <source>steady</source>
        <translation>stetig</translation>
    </message>
    <message>
        <source>not steady yet</source>
        <translation>noch nicht stetig</translation>
    </message>
    <message>
        <source>failback to {0}: {1}</source>
        <translation>zurück nach {0}: {1}</translation>
    </message>
    <message>
        <source>selected by {0}: {1} left</source>
        <translation>gewählt von {0}: noch {1}</translation>
    </message>
    <message>
        <source>WAITS for a person: {0}</source>
        <translation>WARTET auf eine Person: {0}</translation>
    </message>
    <message>
        <source>bypass: {0}</source>
        <translation>Überbrückung: {0}</translation>
    </message>
    <message>
        <source>marked for drills</source>
        <translation>für Übungen freigegeben</translation>
    </message>
</context>
<context>
    <name>Faults</name>
    <message>
        <source>SIMULATED PLANT. What is done here disturbs it.</source>
        <translation>SIMULIERTE ANLAGE. Was hier geschieht, stört sie.</translation>
    </message>
    <message>
        <source>&amp;Prepare</source>
        <translation>&amp;Vorbereiten</translation>
    </message>
    <message>
        <source>&amp;Inject</source>
        <translation>&amp;Auslösen</translation>
    </message>
    <message>
        <source>What was done</source>
        <translation>Was geschah</translation>
    </message>
    <message>
        <source>No fault console: {0}</source>
        <translation>Keine Störkonsole: {0}</translation>
    </message>
    <message>
        <source>your role may not</source>
        <translation>Ihre Rolle darf das nicht</translation>
    </message>
    <message>
        <source>no answer: it may have been done</source>
        <translation>keine Antwort: es kann geschehen sein</translation>
    </message>
</context>
<context>
    <name>GroupPage</name>
    <message>
        <source>Group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <source>Interlocks and permissives</source>
        <translation>Verriegelungen und Freigaben</translation>
    </message>
    <message>
        <source>Condition</source>
        <translation>Bedingung</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>Klasse</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Güte</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>Alter</translation>
    </message>
    <message>
        <source>Tracked tags</source>
        <translation>Nachgeführte Werte</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>Messstelle</translation>
    </message>
    <message>
        <source>Active</source>
        <translation>Aktiv</translation>
    </message>
    <message>
        <source>Standby</source>
        <translation>Reserve</translation>
    </message>
    <message>
        <source>Node</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>Tolerance</source>
        <translation>Toleranz</translation>
    </message>
    <message>
        <source>Ages</source>
        <translation>Alter</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>Kanäle</translation>
    </message>
    <message>
        <source>Channel</source>
        <translation>Kanal</translation>
    </message>
    <message>
        <source>Pulse</source>
        <translation>Puls</translation>
    </message>
    <message>
        <source>Lost after</source>
        <translation>Verloren nach</translation>
    </message>
    <message>
        <source>Replies, p99</source>
        <translation>Antworten, p99</translation>
    </message>
    <message>
        <source>Losses</source>
        <translation>Ausfälle</translation>
    </message>
    <message>
        <source>Last values</source>
        <translation>Letzte Werte</translation>
    </message>
    <message>
        <source>Previous group</source>
        <translation>Vorige Gruppe</translation>
    </message>
    <message>
        <source>Next group</source>
        <translation>Nächste Gruppe</translation>
    </message>
    <message>
        <source>Orders</source>
        <translation>Befehle</translation>
    </message>
    <message>
        <source>Interlocks (why)</source>
        <translation>Verriegelungen (warum)</translation>
    </message>
    <message>
        <source>Transfer</source>
        <translation>Umschaltung</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>Knoten</translation>
    </message>
    <message>
        <source>There is no group {0} any more</source>
        <translation>Die Gruppe {0} gibt es nicht mehr</translation>
    </message>
    <message>
        <source>No group is known yet</source>
        <translation>Noch keine Gruppe bekannt</translation>
    </message>
    <message>
        <source>HALTED: {0}</source>
        <translation>ANGEHALTEN: {0}</translation>
    </message>
    <message>
        <source>{0} to {1}: {2}</source>
        <translation>{0} nach {1}: {2}</translation>
    </message>
    <message>
        <source>by {0}</source>
        <translation>durch {0}</translation>
    </message>
    <message>
        <source> · waits for: {0}</source>
        <translation> · wartet auf: {0}</translation>
    </message>
    <message>
        <source>interlock</source>
        <translation>Verriegelung</translation>
    </message>
    <message>
        <source>permissive</source>
        <translation>Freigabe</translation>
    </message>
    <message>
        <source>, BYPASSED</source>
        <translation>, ÜBERBRÜCKT</translation>
    </message>
    <message>
        <source>, first out</source>
        <translation>, Erstmeldung</translation>
    </message>
    <message>
        <source>Against a switchover now: {0}</source>
        <translation>Gegen eine Umschaltung spricht: {0}</translation>
    </message>
    <message>
        <source>Nothing stands against a switchover to {0}.</source>
        <translation>Nichts spricht gegen eine Umschaltung nach {0}.</translation>
    </message>
    <message>
        <source>Last: {0}</source>
        <translation>Zuletzt: {0}</translation>
    </message>
</context>
<context>
    <name>Histogram</name>
    <message>
        <source>Nothing was counted yet</source>
        <translation>Noch nichts gezählt</translation>
    </message>
</context>
<context>
    <name>Kpi</name>
    <message>
        <source>Annunciations</source>
        <translation>Meldungen</translation>
    </message>
    <message>
        <source>Per 10 min, on average</source>
        <translation>Je 10 min, im Mittel</translation>
    </message>
    <message>
        <source>Per 10 min, at most</source>
        <translation>Je 10 min, höchstens</translation>
    </message>
    <message>
        <source>Periods with more than 10</source>
        <translation>Zeiträume mit mehr als 10</translation>
    </message>
    <message>
        <source>Floods</source>
        <translation>Fluten</translation>
    </message>
    <message>
        <source>Time in a flood</source>
        <translation>Zeit in einer Flut</translation>
    </message>
    <message>
        <source>Standing for more than 24 h</source>
        <translation>Länger als 24 h anstehend</translation>
    </message>
    <message>
        <source>Chattering alarms</source>
        <translation>Flatternde Alarme</translation>
    </message>
    <message>
        <source>Last 24 hours</source>
        <translation>Letzte 24 Stunden</translation>
    </message>
    <message>
        <source>Last 7 days</source>
        <translation>Letzte 7 Tage</translation>
    </message>
    <message>
        <source>Last 30 days</source>
        <translation>Letzte 30 Tage</translation>
    </message>
    <message>
        <source>&amp;Measure anew</source>
        <translation>Neu &amp;messen</translation>
    </message>
    <message>
        <source>Priorities, % (outlined: expected)</source>
        <translation>Prioritäten, % (Umriss: erwartet)</translation>
    </message>
    <message>
        <source>The ten most frequent, count</source>
        <translation>Die zehn häufigsten, Anzahl</translation>
    </message>
    <message>
        <source>Figure</source>
        <translation>Kennzahl</translation>
    </message>
    <message>
        <source>Is</source>
        <translation>Ist</translation>
    </message>
    <message>
        <source>Accepted</source>
        <translation>Zulässig</translation>
    </message>
    <message>
        <source>The server gave no figures</source>
        <translation>Der Server gab keine Kennzahlen</translation>
    </message>
    <message>
        <source>Looked at: {0} to {1}</source>
        <translation>Betrachtet: {0} bis {1}</translation>
    </message>
    <message>
        <source>too many</source>
        <translation>zu viel</translation>
    </message>
    <message>
        <source>Standing: {0}</source>
        <translation>Anstehend: {0}</translation>
    </message>
    <message>
        <source>Chattering: {0}</source>
        <translation>Flatternd: {0}</translation>
    </message>
</context>
<context>
    <name>KpiPage</name>
    <message>
        <source>Figures</source>
        <translation>Kennzahlen</translation>
    </message>
</context>
<context>
    <name>Link</name>
    <message>
        <source>nothing there signs and encrypts</source>
        <translation>dort signiert und verschlüsselt nichts</translation>
    </message>
    <message>
        <source>that is no interface of OTHA: check the address</source>
        <translation>das ist keine Schnittstelle von OTHA: Adresse prüfen</translation>
    </message>
    <message>
        <source>its certificate can&apos;t be read: {0}</source>
        <translation>sein Zertifikat ist nicht lesbar: {0}</translation>
    </message>
    <message>
        <source>check the address</source>
        <translation>Adresse prüfen</translation>
    </message>
    <message>
        <source>this OTHA does not have it</source>
        <translation>dieses OTHA hat es nicht</translation>
    </message>
    <message>
        <source>it is tried again by itself</source>
        <translation>es wird von selbst wieder versucht</translation>
    </message>
    <message>
        <source>it is tried again by itself; is `otha run` up?</source>
        <translation>es wird von selbst wieder versucht; läuft `otha run`?</translation>
    </message>
    <message>
        <source>OTHA does not trust this station&apos;s certificate yet</source>
        <translation>OTHA vertraut dem Zertifikat dieser Station noch nicht</translation>
    </message>
    <message>
        <source>at OTHA: `otha cert list`, then `otha cert trust {0}`</source>
        <translation>bei OTHA: `otha cert list`, dann `otha cert trust {0}`</translation>
    </message>
    <message>
        <source>the interface refused: {0}</source>
        <translation>die Schnittstelle lehnt ab: {0}</translation>
    </message>
    <message>
        <source>nobody is logged in</source>
        <translation>niemand ist angemeldet</translation>
    </message>
    <message>
        <source>log in</source>
        <translation>anmelden</translation>
    </message>
    <message>
        <source>this OTHA is not known here yet</source>
        <translation>dieses OTHA ist hier noch nicht bekannt</translation>
    </message>
    <message>
        <source>compare the fingerprint with the one in OTHA&apos;s log, and trust it</source>
        <translation>den Fingerabdruck mit dem im Protokoll von OTHA vergleichen und ihm vertrauen</translation>
    </message>
    <message>
        <source>THE CERTIFICATE HAS CHANGED: this may be somebody else who answers in OTHA&apos;s name</source>
        <translation>DAS ZERTIFIKAT IST EIN ANDERES: vielleicht antwortet jemand anders im Namen von OTHA</translation>
    </message>
    <message>
        <source>ask who renewed OTHA&apos;s certificate; trust the new one only with its fingerprint confirmed</source>
        <translation>fragen, wer das Zertifikat von OTHA erneuert hat; dem neuen nur mit bestätigtem Fingerabdruck vertrauen</translation>
    </message>
    <message>
        <source>name or password was not taken</source>
        <translation>Name oder Passwort wurde nicht angenommen</translation>
    </message>
    <message>
        <source>log in anew; after several attempts OTHA makes you wait</source>
        <translation>neu anmelden; nach mehreren Versuchen lässt OTHA warten</translation>
    </message>
    <message>
        <source>not connected</source>
        <translation>nicht verbunden</translation>
    </message>
    <message>
        <source>the connection was closed</source>
        <translation>die Verbindung wurde geschlossen</translation>
    </message>
    <message>
        <source>it does not answer</source>
        <translation>es antwortet nicht</translation>
    </message>
    <message>
        <source>it can&apos;t be reached: {0}</source>
        <translation>es ist nicht zu erreichen: {0}</translation>
    </message>
</context>
<context>
    <name>LoginDialog</name>
    <message>
        <source>Log in</source>
        <translation>Anmelden</translation>
    </message>
    <message>
        <source>Name or password was not taken. After several attempts OTHA makes you wait.</source>
        <translation>Name oder Passwort wurde nicht angenommen. Nach mehreren Versuchen lässt OTHA Sie warten.</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>Passwort</translation>
    </message>
    <message>
        <source>OTHA at</source>
        <translation>OTHA auf</translation>
    </message>
    <message>
        <source>Look at nothing</source>
        <translation>Nichts ansehen</translation>
    </message>
</context>
<context>
    <name>NodeTable</name>
    <message>
        <source>Nodes side by side</source>
        <translation>Knoten nebeneinander</translation>
    </message>
    <message>
        <source>Fact</source>
        <translation>Angabe</translation>
    </message>
    <message>
        <source>is for engineers</source>
        <translation>ist für Ingenieure</translation>
    </message>
    <message>
        <source>was not told</source>
        <translation>wurde nicht mitgeteilt</translation>
    </message>
    <message>
        <source>Site file</source>
        <translation>Anlagendatei</translation>
    </message>
</context>
<context>
    <name>Nodes</name>
    <message>
        <source>healthy</source>
        <translation>gesund</translation>
    </message>
    <message>
        <source>degraded</source>
        <translation>eingeschränkt</translation>
    </message>
    <message>
        <source>no data</source>
        <translation>keine Daten</translation>
    </message>
    <message>
        <source>maintenance</source>
        <translation>Wartung</translation>
    </message>
    <message>
        <source>Liveness</source>
        <translation>Befund</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Rolle</translation>
    </message>
    <message>
        <source>ServiceLevel</source>
        <translation>ServiceLevel</translation>
    </message>
    <message>
        <source>Reasons against it</source>
        <translation>Gründe dagegen</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Site file: {0}</source>
        <translation>Anlagendatei: {0}</translation>
    </message>
</context>
<context>
    <name>NotBuilt</name>
    <message>
        <source>This page is not built in this version.</source>
        <translation>Diese Seite gibt es in dieser Version nicht.</translation>
    </message>
</context>
<context>
    <name>Order</name>
    <message>
        <source>Close (Esc)</source>
        <translation>Schließen (Esc)</translation>
    </message>
    <message>
        <source>No group is chosen</source>
        <translation>Keine Gruppe gewählt</translation>
    </message>
    <message>
        <source>{0} may not order this</source>
        <translation>{0} darf das nicht befehlen</translation>
    </message>
    <message>
        <source>There is nothing of that</source>
        <translation>Davon gibt es nichts</translation>
    </message>
    <message>
        <source> min</source>
        <translation> min</translation>
    </message>
    <message>
        <source>Choose what you mean:</source>
        <translation>Wählen, was gemeint ist:</translation>
    </message>
    <message>
        <source>&amp;Rehearse</source>
        <translation>Ü&amp;ben</translation>
    </message>
    <message>
        <source>&amp;To node</source>
        <translation>&amp;Nach Knoten</translation>
    </message>
    <message>
        <source>&amp;Interlock</source>
        <translation>&amp;Verriegelung</translation>
    </message>
    <message>
        <source>For how &amp;long</source>
        <translation>Wie &amp;lange</translation>
    </message>
    <message>
        <source>&amp;Level</source>
        <translation>&amp;Stufe</translation>
    </message>
    <message>
        <source>&amp;Password</source>
        <translation>&amp;Passwort</translation>
    </message>
    <message>
        <source>&amp;Why (needed)</source>
        <translation>&amp;Grund (nötig)</translation>
    </message>
    <message>
        <source>What waits for a person</source>
        <translation>Was auf eine Person wartet</translation>
    </message>
    <message>
        <source>&amp;Why</source>
        <translation>&amp;Grund</translation>
    </message>
    <message>
        <source>Condition</source>
        <translation>Bedingung</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>Messstelle</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Güte</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>Alter</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>A&amp;bbrechen</translation>
    </message>
    <message>
        <source>&amp;Operate: {0}</source>
        <translation>&amp;Ausführen: {0}</translation>
    </message>
    <message>
        <source>&amp;Select</source>
        <translation>&amp;Wählen</translation>
    </message>
    <message>
        <source>&amp;Prepare</source>
        <translation>&amp;Vorbereiten</translation>
    </message>
    <message>
        <source>Operate within {0} s</source>
        <translation>Ausführen innerhalb {0} s</translation>
    </message>
    <message>
        <source>&amp;Operate: ask again</source>
        <translation>&amp;Ausführen: noch einmal fragen</translation>
    </message>
    <message>
        <source>From {0} to {1}. {0} is demoted to STANDBY.</source>
        <translation>Von {0} nach {1}. {0} wird RESERVE.</translation>
    </message>
    <message>
        <source>It will wait for a person&apos;s confirmation.</source>
        <translation>Es wird auf die Bestätigung einer Person warten.</translation>
    </message>
    <message>
        <source>Nothing waits</source>
        <translation>Nichts wartet</translation>
    </message>
    <message>
        <source>Passed over: {0}</source>
        <translation>Übergangen wird: {0}</translation>
    </message>
    <message>
        <source>Expected bump: {0} apart by {1}, {2} is allowed</source>
        <translation>Erwarteter Stoß: {0} weicht um {1} ab, {2} ist erlaubt</translation>
    </message>
    <message>
        <source>Expected gap: the last one was {0} ms, its bound is {1}; its bump was {2}</source>
        <translation>Erwartete Lücke: die letzte war {0} ms, ihre Grenze ist {1}; ihr Stoß war {2}</translation>
    </message>
    <message>
        <source>In the gap the controller holds: {0}</source>
        <translation>In der Lücke hält die Steuerung: {0}</translation>
    </message>
    <message>
        <source>▣ Selected by {0}, to {1}, {2} s left</source>
        <translation>▣ Gewählt von {0}, nach {1}, noch {2} s</translation>
    </message>
    <message>
        <source>{0} ms of {1} ms</source>
        <translation>{0} ms von {1} ms</translation>
    </message>
    <message>
        <source>{0} ms, no bound</source>
        <translation>{0} ms, ohne Grenze</translation>
    </message>
    <message>
        <source>{0} ms, more than {1} ms</source>
        <translation>{0} ms, mehr als {1} ms</translation>
    </message>
    <message>
        <source>interlock</source>
        <translation>Verriegelung</translation>
    </message>
    <message>
        <source>permissive</source>
        <translation>Freigabe</translation>
    </message>
    <message>
        <source>safety interlock</source>
        <translation>Sicherheit</translation>
    </message>
    <message>
        <source>bypassed</source>
        <translation>überbrückt</translation>
    </message>
    <message>
        <source>first out</source>
        <translation>Erstmeldung</translation>
    </message>
    <message>
        <source>good</source>
        <translation>gut</translation>
    </message>
</context>
<context>
    <name>OverviewPage</name>
    <message>
        <source>Overview</source>
        <translation>Übersicht</translation>
    </message>
    <message>
        <source>Search group, node, section (Ctrl+F)</source>
        <translation>Gruppe, Knoten, Abschnitt suchen (Strg+F)</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>Grouping</source>
        <translation>Gliederung</translation>
    </message>
    <message>
        <source>By urgency</source>
        <translation>Nach Dringlichkeit</translation>
    </message>
    <message>
        <source>By kind</source>
        <translation>Nach Art</translation>
    </message>
    <message>
        <source>By section</source>
        <translation>Nach Abschnitt</translation>
    </message>
    <message>
        <source>As configured</source>
        <translation>Wie konfiguriert</translation>
    </message>
    <message>
        <source>Abnormal only</source>
        <translation>Nur Auffälliges</translation>
    </message>
    <message>
        <source>{0} of {1} groups, {2} want eyes</source>
        <translation>{0} von {1} Gruppen, {2} brauchen Augen</translation>
    </message>
</context>
<context>
    <name>Rationale</name>
    <message>
        <source>OTHA can&apos;t tell who drives, or could not verify a transfer</source>
        <translation>OTHA weiß nicht, wer führt, oder konnte eine Umschaltung nicht prüfen</translation>
    </message>
    <message>
        <source>nothing is moved automatically; what drives goes on driving</source>
        <translation>nichts wird selbsttätig bewegt; was führt, führt weiter</translation>
    </message>
    <message>
        <source>look at the group&apos;s Why and at the plant, then do the step named there</source>
        <translation>das Warum der Gruppe und die Anlage ansehen, dann den dort genannten Schritt tun</translation>
    </message>
    <message>
        <source>no standby is able, or its state is outside the RPO</source>
        <translation>keine Reserve ist fähig, oder ihr Stand ist außerhalb des RPO</translation>
    </message>
    <message>
        <source>the next fault of the active node has no failover</source>
        <translation>für den nächsten Fehler des aktiven Knotens gibt es keinen Ersatz</translation>
    </message>
    <message>
        <source>mend or restart the standby; the group&apos;s Why names what keeps it back</source>
        <translation>Reserve instand setzen oder neu starten; das Warum der Gruppe nennt, was sie hindert</translation>
    </message>
    <message>
        <source>the active node is dead, frozen or degraded, and a failover is blocked</source>
        <translation>der aktive Knoten ist tot, eingefroren oder beeinträchtigt, und die Umschaltung ist gesperrt</translation>
    </message>
    <message>
        <source>the section may be held, or driven by a node that can&apos;t be trusted</source>
        <translation>der Abschnitt steht vielleicht, oder ein unzuverlässiger Knoten führt ihn</translation>
    </message>
    <message>
        <source>clear what the group&apos;s Why says blocks, or order a switchover</source>
        <translation>beseitigen, was laut Warum der Gruppe sperrt, oder umschalten</translation>
    </message>
    <message>
        <source>no path to the controller answers</source>
        <translation>kein Weg zur Steuerung antwortet</translation>
    </message>
    <message>
        <source>no transfer is possible, and who drives is not known</source>
        <translation>keine Umschaltung ist möglich, und wer führt, ist unbekannt</translation>
    </message>
    <message>
        <source>look at the controller, its switch ports and cables</source>
        <translation>Steuerung, ihre Switch-Anschlüsse und Kabel ansehen</translation>
    </message>
    <message>
        <source>a client&apos;s switch does not answer</source>
        <translation>die Weiche eines Clients antwortet nicht</translation>
    </message>
    <message>
        <source>the client can&apos;t be redirected; a transfer that needs its word is blocked</source>
        <translation>der Client ist nicht umlenkbar; eine Umschaltung, die ihn braucht, ist gesperrt</translation>
    </message>
    <message>
        <source>mend the path to the client, or restart the client</source>
        <translation>Weg zum Client instand setzen, oder den Client neu starten</translation>
    </message>
    <message>
        <source>the active store knows of rows that it does not have</source>
        <translation>dem aktiven Speicher fehlen Zeilen, von denen er weiß</translation>
    </message>
    <message>
        <source>there is a gap in the history until it is filled</source>
        <translation>in der Aufzeichnung ist eine Lücke, bis sie gefüllt ist</translation>
    </message>
    <message>
        <source>bring the other store back; if it is gone, note the gap for its users</source>
        <translation>den anderen Speicher zurückholen; ist er verloren, die Lücke vermerken</translation>
    </message>
    <message>
        <source>the owner&apos;s frames stopped, or the gate does not let them through</source>
        <translation>die Telegramme des Besitzers blieben aus, oder das Tor lässt sie nicht durch</translation>
    </message>
    <message>
        <source>outputs stand at their hold values; at the limit the section goes to safe</source>
        <translation>Ausgänge stehen auf Haltewerten; an der Grenze geht der Abschnitt in den sicheren Zustand</translation>
    </message>
    <message>
        <source>look at the plant; the group&apos;s Why names what keeps a node from driving</source>
        <translation>Anlage ansehen; das Warum der Gruppe nennt, was einen Knoten am Führen hindert</translation>
    </message>
    <message>
        <source>the owner&apos;s frames have stopped and come back too often</source>
        <translation>die Telegramme des Besitzers blieben zu oft aus und kamen wieder</translation>
    </message>
    <message>
        <source>the section stays held until it is released, or the limit is over</source>
        <translation>der Abschnitt bleibt gehalten, bis er freigegeben wird oder die Grenze erreicht ist</translation>
    </message>
    <message>
        <source>find out why the frames stop; then Release, or Switch over</source>
        <translation>herausfinden, warum sie ausbleiben; dann Freigeben oder Umschalten</translation>
    </message>
    <message>
        <source>the section went to its safe state</source>
        <translation>der Abschnitt ging in seinen sicheren Zustand</translation>
    </message>
    <message>
        <source>the process of this section is stopped</source>
        <translation>der Prozess dieses Abschnitts steht</translation>
    </message>
    <message>
        <source>look at the plant, reset at the controller, then order who shall drive</source>
        <translation>Anlage ansehen, an der Steuerung rücksetzen, dann befehlen, wer führen soll</translation>
    </message>
    <message>
        <source>two nodes say that they are active</source>
        <translation>zwei Knoten sagen, sie seien aktiv</translation>
    </message>
    <message>
        <source>the gate takes frames of one only; clients may be led by the other</source>
        <translation>das Tor nimmt nur Telegramme des einen; Clients folgen vielleicht dem anderen</translation>
    </message>
    <message>
        <source>restart the node that is not the gate&apos;s owner</source>
        <translation>den Knoten neu starten, der nicht Besitzer des Tors ist</translation>
    </message>
    <message>
        <source>another node than the recorded one says that it is active</source>
        <translation>ein anderer als der verzeichnete Knoten sagt, er sei aktiv</translation>
    </message>
    <message>
        <source>operators and clients may look at the wrong server</source>
        <translation>Bediener und Clients sehen vielleicht auf den falschen Server</translation>
    </message>
    <message>
        <source>compare with the gate&apos;s owner; restart the node that is wrong</source>
        <translation>mit dem Besitzer des Tors vergleichen; den falschen Knoten neu starten</translation>
    </message>
    <message>
        <source>the group record can&apos;t be read or written</source>
        <translation>der Gruppeneintrag ist nicht les- oder schreibbar</translation>
    </message>
    <message>
        <source>no transfer is possible until it can</source>
        <translation>bis dahin ist keine Umschaltung möglich</translation>
    </message>
    <message>
        <source>look at the disk of the supervisor: full, read-only, failing</source>
        <translation>Platte der Überwachung ansehen: voll, schreibgeschützt, defekt</translation>
    </message>
    <message>
        <source>OTHA itself is cut off from its reference points</source>
        <translation>OTHA selbst ist von seinen Bezugspunkten abgeschnitten</translation>
    </message>
    <message>
        <source>silence proves nothing; no failover on silence</source>
        <translation>Stille beweist nichts; auf Stille folgt keine Umschaltung</translation>
    </message>
    <message>
        <source>look at the network of the supervisor&apos;s machine</source>
        <translation>Netz des Überwachungsrechners ansehen</translation>
    </message>
    <message>
        <source>the wall clock stepped, or the supervisor&apos;s loop stood still</source>
        <translation>die Uhr sprang, oder die Schleife der Überwachung stand</translation>
    </message>
    <message>
        <source>OTHA watches only, until it is over</source>
        <translation>OTHA beobachtet nur, bis es vorbei ist</translation>
    </message>
    <message>
        <source>if it comes again, look at the machine&apos;s load and at who sets its clock</source>
        <translation>kommt es wieder: Last des Rechners ansehen und wer seine Uhr stellt</translation>
    </message>
    <message>
        <source>a decision would have broken a rule; it was not taken</source>
        <translation>eine Entscheidung hätte eine Regel verletzt; sie unterblieb</translation>
    </message>
    <message>
        <source>no automatic action in this group until a restart</source>
        <translation>in dieser Gruppe geschieht bis zum Neustart nichts selbsttätig</translation>
    </message>
    <message>
        <source>keep the state directory as evidence, watch the plant, restart OTHA</source>
        <translation>Zustandsverzeichnis als Beweis sichern, Anlage beobachten, OTHA neu starten</translation>
    </message>
    <message>
        <source>two persons bypassed a process interlock for a while</source>
        <translation>zwei Personen haben eine Prozessverriegelung auf Zeit überbrückt</translation>
    </message>
    <message>
        <source>a transfer is not kept back by what the interlock watches</source>
        <translation>was die Verriegelung überwacht, hält keine Umschaltung auf</translation>
    </message>
    <message>
        <source>watch by eye what it watches; end the bypass as soon as you can</source>
        <translation>selbst beobachten, was sie überwacht; Überbrückung bald beenden</translation>
    </message>
    <message>
        <source>a plant tag that alarms look at is bad, stale or was never read</source>
        <translation>ein Messwert, auf den Alarme sehen, ist schlecht, alt oder nie gelesen</translation>
    </message>
    <message>
        <source>those alarms stand as they were and can&apos;t come or go</source>
        <translation>diese Alarme stehen, wie sie waren, und können weder kommen noch gehen</translation>
    </message>
    <message>
        <source>watch by eye what they watch; mend the instrument, or the way to it</source>
        <translation>selbst beobachten, was sie überwachen; Messgerät oder Weg instand setzen</translation>
    </message>
    <message>
        <source>the machine says a state that the site file does not know, or says none</source>
        <translation>die Maschine meldet einen Zustand, den die Anlagendatei nicht kennt, oder keinen</translation>
    </message>
    <message>
        <source>its state counts as unknown: no switchover; a failover as the site says</source>
        <translation>ihr Zustand gilt als unbekannt: keine Umschaltung; bei Ausfall, was die Anlagendatei sagt</translation>
    </message>
    <message>
        <source>watch the machine by eye; have the PLC&apos;s states compared with the site file&apos;s</source>
        <translation>Maschine selbst beobachten; Zustände der Steuerung mit der Anlagendatei vergleichen lassen</translation>
    </message>
    <message>
        <source>journal, recorder or group records can&apos;t be written: the disk is failing</source>
        <translation>Protokoll, Aufzeichnung oder Gruppeneinträge sind nicht schreibbar: die Platte versagt</translation>
    </message>
    <message>
        <source>no transfer is possible; what OTHA sees and does is not kept</source>
        <translation>keine Umschaltung ist möglich; was OTHA sieht und tut, bleibt nicht erhalten</translation>
    </message>
    <message>
        <source>the supervisor&apos;s disk has less room left than the site file asks for</source>
        <translation>die Platte der Überwachung hat weniger Platz frei, als die Anlagendatei verlangt</translation>
    </message>
    <message>
        <source>once it is full no transfer is possible, and nothing is kept</source>
        <translation>ist sie voll, ist keine Umschaltung möglich, und nichts wird aufbewahrt</translation>
    </message>
    <message>
        <source>make room; a copy of the journal lets its old parts be removed</source>
        <translation>Platz schaffen; mit einer Kopie des Protokolls dürfen seine alten Teile weg</translation>
    </message>
    <message>
        <source>the journal can&apos;t be written; its rows wait</source>
        <translation>das Protokoll ist nicht schreibbar; seine Zeilen warten</translation>
    </message>
    <message>
        <source>no transfer can promote or release: each needs a row on disk first</source>
        <translation>keine Umschaltung kann einsetzen oder freigeben: jede braucht erst eine Zeile auf der Platte</translation>
    </message>
    <message>
        <source>look at the files in journal/ of the state directory</source>
        <translation>Dateien in journal/ des Zustandsverzeichnisses ansehen</translation>
    </message>
    <message>
        <source>a part of the journal was found damaged; it was kept and a new one begun</source>
        <translation>ein Teil des Protokolls ist beschädigt; er wurde bewahrt und ein neuer begonnen</translation>
    </message>
    <message>
        <source>what the damaged rows told can&apos;t be proved</source>
        <translation>was die beschädigten Zeilen sagten, ist nicht beweisbar</translation>
    </message>
    <message>
        <source>keep the state directory as evidence; verify the chain in Events</source>
        <translation>Zustandsverzeichnis als Beweis sichern; Kette unter Ereignisse prüfen</translation>
    </message>
    <message>
        <source>the recording of all inputs can&apos;t be written</source>
        <translation>die Aufzeichnung aller Eingaben ist nicht schreibbar</translation>
    </message>
    <message>
        <source>what is decided meanwhile can&apos;t be replayed; nothing else depends on it</source>
        <translation>was inzwischen entschieden wird, ist nicht nachspielbar; sonst hängt nichts davon ab</translation>
    </message>
    <message>
        <source>look at the files in recordings/ of the state directory, and at its disk</source>
        <translation>Dateien in recordings/ des Zustandsverzeichnisses und dessen Platte ansehen</translation>
    </message>
    <message>
        <source>a certificate that connections need expires within 30, 7 or 1 days</source>
        <translation>ein Zertifikat, das Verbindungen brauchen, läuft in 30, 7 oder 1 Tagen ab</translation>
    </message>
    <message>
        <source>from that day on its connections are refused</source>
        <translation>von da an werden seine Verbindungen abgelehnt</translation>
    </message>
    <message>
        <source>have it renewed at OTHA; the other end must trust the new one</source>
        <translation>an OTHA erneuern lassen; die Gegenseite muss dem neuen vertrauen</translation>
    </message>
    <message>
        <source>a certificate that connections need has expired</source>
        <translation>ein Zertifikat, das Verbindungen brauchen, ist abgelaufen</translation>
    </message>
    <message>
        <source>its connections are refused</source>
        <translation>seine Verbindungen werden abgelehnt</translation>
    </message>
    <message>
        <source>the supervisor did not run for more than 5 ms, three times in a minute</source>
        <translation>die Überwachung stand dreimal in einer Minute länger als 5 ms</translation>
    </message>
    <message>
        <source>heartbeats leave late and faults are seen late</source>
        <translation>Lebenszeichen gehen spät hinaus, Fehler werden spät gesehen</translation>
    </message>
    <message>
        <source>look at the load of the supervisor&apos;s machine and its real-time priority</source>
        <translation>Last des Überwachungsrechners und seine Echtzeitpriorität ansehen</translation>
    </message>
</context>
<context>
    <name>Reasons</name>
    <message>
        <source>out for maintenance</source>
        <translation>für Wartung herausgenommen</translation>
    </message>
    <message>
        <source>says itself that it is not healthy: {0}</source>
        <translation>sagt selbst, dass er nicht gesund ist: {0}</translation>
    </message>
    <message>
        <source>its copy is within the RPO: {0}</source>
        <translation>seine Kopie ist innerhalb des RPO: {0}</translation>
    </message>
    <message>
        <source>it is ready: {0}</source>
        <translation>er ist bereit: {0}</translation>
    </message>
    <message>
        <source>{0} agrees with the active one&apos;s: {1}</source>
        <translation>{0} stimmt mit dem des aktiven überein: {1}</translation>
    </message>
    <message>
        <source>{0} is still to be carried out</source>
        <translation>{0} steht noch aus</translation>
    </message>
    <message>
        <source>channel {0} is {1}</source>
        <translation>Kanal {0}: {1}</translation>
    </message>
    <message>
        <source>it reaches none of its reference points (S8)</source>
        <translation>es erreicht keinen seiner Bezugspunkte (S8)</translation>
    </message>
    <message>
        <source>after a clock step or a gap it only watches (S10)</source>
        <translation>nach einem Uhrsprung oder einer Lücke beobachtet es nur (S10)</translation>
    </message>
    <message>
        <source>journal: {0}</source>
        <translation>Journal: {0}</translation>
    </message>
    <message>
        <source>group records: {0}</source>
        <translation>Gruppensätze: {0}</translation>
    </message>
</context>
<context>
    <name>Say</name>
    <message>
        <source>1 critical</source>
        <translation>1 kritisch</translation>
    </message>
    <message>
        <source>2 high</source>
        <translation>2 hoch</translation>
    </message>
    <message>
        <source>3 medium</source>
        <translation>3 mittel</translation>
    </message>
    <message>
        <source>4 low</source>
        <translation>4 niedrig</translation>
    </message>
    <message>
        <source>drives</source>
        <translation>führt</translation>
    </message>
    <message>
        <source>path</source>
        <translation>Weg</translation>
    </message>
    <message>
        <source>store</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>alive</source>
        <translation>lebt</translation>
    </message>
    <message>
        <source>stale data</source>
        <translation>alte Daten</translation>
    </message>
    <message>
        <source>FROZEN</source>
        <translation>EINGEFROREN</translation>
    </message>
    <message>
        <source>DEAD</source>
        <translation>TOT</translation>
    </message>
    <message>
        <source>on time</source>
        <translation>pünktlich</translation>
    </message>
    <message>
        <source>late</source>
        <translation>spät</translation>
    </message>
    <message>
        <source>lost</source>
        <translation>verloren</translation>
    </message>
    <message>
        <source>blind</source>
        <translation>blind</translation>
    </message>
    <message>
        <source>true</source>
        <translation>wahr</translation>
    </message>
    <message>
        <source>false</source>
        <translation>falsch</translation>
    </message>
    <message>
        <source>bad quality</source>
        <translation>schlechte Güte</translation>
    </message>
    <message>
        <source>stale</source>
        <translation>veraltet</translation>
    </message>
    <message>
        <source>good</source>
        <translation>gut</translation>
    </message>
    <message>
        <source>requested</source>
        <translation>verlangt</translation>
    </message>
    <message>
        <source>permitted</source>
        <translation>zugelassen</translation>
    </message>
    <message>
        <source>claimed</source>
        <translation>beansprucht</translation>
    </message>
    <message>
        <source>pair</source>
        <translation>Paar</translation>
    </message>
    <message>
        <source>safety</source>
        <translation>Sicherheit</translation>
    </message>
    <message>
        <source>process</source>
        <translation>Prozess</translation>
    </message>
    <message>
        <source>observe</source>
        <translation>beobachtet</translation>
    </message>
    <message>
        <source>advise</source>
        <translation>rät</translation>
    </message>
    <message>
        <source>armed</source>
        <translation>scharf</translation>
    </message>
    <message>
        <source>OTHA switches</source>
        <translation>OTHA schaltet</translation>
    </message>
    <message>
        <source>the pair switches itself</source>
        <translation>das Paar schaltet selbst</translation>
    </message>
    <message>
        <source>settling</source>
        <translation>beruhigt sich</translation>
    </message>
    <message>
        <source>following</source>
        <translation>folgt</translation>
    </message>
    <message>
        <source>needs operator</source>
        <translation>braucht Bediener</translation>
    </message>
    <message>
        <source>failover</source>
        <translation>Ausfall</translation>
    </message>
    <message>
        <source>switchover</source>
        <translation>Umschaltung</translation>
    </message>
    <message>
        <source>failback</source>
        <translation>Rückschaltung</translation>
    </message>
    <message>
        <source>dead</source>
        <translation>tot</translation>
    </message>
    <message>
        <source>frozen</source>
        <translation>eingefroren</translation>
    </message>
    <message>
        <source>not driving</source>
        <translation>führt nicht</translation>
    </message>
    <message>
        <source>held back</source>
        <translation>zurückgehalten</translation>
    </message>
    <message>
        <source>degraded</source>
        <translation>beeinträchtigt</translation>
    </message>
    <message>
        <source>promoting</source>
        <translation>wird eingesetzt</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>not read yet</source>
        <translation>noch nicht gelesen</translation>
    </message>
    <message>
        <source>known</source>
        <translation>bekannt</translation>
    </message>
    <message>
        <source>aborted, safe</source>
        <translation>abgebrochen, sicher</translation>
    </message>
    <message>
        <source>returned</source>
        <translation>zurückgekehrt</translation>
    </message>
    <message>
        <source>safe state</source>
        <translation>sicherer Zustand</translation>
    </message>
    <message>
        <source>goes</source>
        <translation>geht</translation>
    </message>
    <message>
        <source>waits</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>asks</source>
        <translation>fragt</translation>
    </message>
    <message>
        <source>stays away</source>
        <translation>unterbleibt</translation>
    </message>
    <message>
        <source>to safe</source>
        <translation>in den sicheren Zustand</translation>
    </message>
    <message>
        <source>fenced</source>
        <translation>ausgesperrt</translation>
    </message>
    <message>
        <source>promoted</source>
        <translation>eingesetzt</translation>
    </message>
    <message>
        <source>tracked</source>
        <translation>nachgeführt</translation>
    </message>
    <message>
        <source>released</source>
        <translation>freigegeben</translation>
    </message>
    <message>
        <source>output verified</source>
        <translation>Ausgang geprüft</translation>
    </message>
    <message>
        <source>path redirected</source>
        <translation>Weg umgelenkt</translation>
    </message>
    <message>
        <source>clients redirected</source>
        <translation>Clients umgelenkt</translation>
    </message>
    <message>
        <source>writes verified</source>
        <translation>Schreiben geprüft</translation>
    </message>
    <message>
        <source>backfilled</source>
        <translation>nachgefüllt</translation>
    </message>
    <message>
        <source>not connected</source>
        <translation>nicht verbunden</translation>
    </message>
    <message>
        <source>connecting</source>
        <translation>verbindet</translation>
    </message>
    <message>
        <source>OTHA is not trusted here yet</source>
        <translation>OTHA wird hier noch nicht vertraut</translation>
    </message>
    <message>
        <source>CERTIFICATE HAS CHANGED</source>
        <translation>ZERTIFIKAT HAT SICH GEÄNDERT</translation>
    </message>
    <message>
        <source>OTHA does not trust this station yet</source>
        <translation>OTHA vertraut dieser Station noch nicht</translation>
    </message>
    <message>
        <source>not logged in</source>
        <translation>nicht angemeldet</translation>
    </message>
    <message>
        <source>connected</source>
        <translation>verbunden</translation>
    </message>
    <message>
        <source>connection lost</source>
        <translation>Verbindung verloren</translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>&amp;Sound at this station</source>
        <translation>&amp;Ton an dieser Station</translation>
    </message>
    <message>
        <source>&amp;Try the sound</source>
        <translation>Ton &amp;probieren</translation>
    </message>
    <message>
        <source>&amp;Appearance</source>
        <translation>&amp;Aussehen</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>&amp;Sprache</translation>
    </message>
    <message>
        <source>The language changes at the next start of this station.</source>
        <translation>Die Sprache wechselt beim nächsten Start dieser Station.</translation>
    </message>
    <message>
        <source>! No alarm is heard at this station.</source>
        <translation>! An dieser Station ist kein Alarm zu hören.</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Light, for bright rooms</source>
        <translation>Hell, für helle Räume</translation>
    </message>
    <message>
        <source>Dark, for dim rooms</source>
        <translation>Dunkel, für dunkle Räume</translation>
    </message>
</context>
<context>
    <name>Tile</name>
    <message>
        <source>MAINTENANCE</source>
        <translation>WARTUNG</translation>
    </message>
    <message>
        <source>ACTIVE, not ordered</source>
        <translation>AKTIV, nicht befohlen</translation>
    </message>
    <message>
        <source>should be ACTIVE, says {0}</source>
        <translation>soll AKTIV sein, sagt {0}</translation>
    </message>
    <message>
        <source>ACTIVE</source>
        <translation>AKTIV</translation>
    </message>
    <message>
        <source>STANDBY</source>
        <translation>RESERVE</translation>
    </message>
    <message>
        <source>FENCED</source>
        <translation>AUSGESPERRT</translation>
    </message>
    <message>
        <source>UNKNOWN</source>
        <translation>UNBEKANNT</translation>
    </message>
    <message>
        <source>no standby</source>
        <translation>keine Reserve</translation>
    </message>
    <message>
        <source>standby ready</source>
        <translation>Reserve bereit</translation>
    </message>
    <message>
        <source>standby behind</source>
        <translation>Reserve hinkt nach</translation>
    </message>
    <message>
        <source>standby not ready</source>
        <translation>Reserve nicht bereit</translation>
    </message>
    <message>
        <source>sync ok</source>
        <translation>aktuell</translation>
    </message>
    <message>
        <source>sync behind</source>
        <translation>veraltet</translation>
    </message>
    <message>
        <source>sync ?</source>
        <translation>Stand ?</translation>
    </message>
    <message>
        <source>HALTED: {0}</source>
        <translation>ANGEHALTEN: {0}</translation>
    </message>
    <message>
        <source>DRILL {0}</source>
        <translation>ÜBUNG {0}</translation>
    </message>
    <message>
        <source>waits for a person: {0}</source>
        <translation>wartet auf eine Person: {0}</translation>
    </message>
    <message>
        <source>NEEDS OPERATOR</source>
        <translation>BRAUCHT BEDIENER</translation>
    </message>
    <message>
        <source>active suspected: {0}</source>
        <translation>Aktiver verdächtig: {0}</translation>
    </message>
    <message>
        <source>gate {0}</source>
        <translation>Tor {0}</translation>
    </message>
    <message>
        <source>record store: {0}</source>
        <translation>Eintragsspeicher: {0}</translation>
    </message>
    <message>
        <source>interlock bypassed</source>
        <translation>Verriegelung überbrückt</translation>
    </message>
    <message>
        <source>settling</source>
        <translation>beruhigt sich</translation>
    </message>
    <message>
        <source>selected by {0}</source>
        <translation>gewählt von {0}</translation>
    </message>
    <message>
        <source>Wants eyes</source>
        <translation>Braucht Augen</translation>
    </message>
    <message>
        <source>As it should be</source>
        <translation>Wie es sein soll</translation>
    </message>
    <message>
        <source>without a section</source>
        <translation>ohne Abschnitt</translation>
    </message>
</context>
<context>
    <name>Timeline</name>
    <message>
        <source>detect</source>
        <translation>erkennen</translation>
    </message>
    <message>
        <source>confirm</source>
        <translation>bestätigen</translation>
    </message>
    <message>
        <source>claim</source>
        <translation>beanspruchen</translation>
    </message>
    <message>
        <source>fence</source>
        <translation>aussperren</translation>
    </message>
    <message>
        <source>promote</source>
        <translation>einsetzen</translation>
    </message>
    <message>
        <source>redirect</source>
        <translation>umlenken</translation>
    </message>
    <message>
        <source>compare</source>
        <translation>vergleichen</translation>
    </message>
    <message>
        <source>release</source>
        <translation>freigeben</translation>
    </message>
    <message>
        <source>verify</source>
        <translation>prüfen</translation>
    </message>
    <message>
        <source>Phases of the transfer</source>
        <translation>Phasen der Umschaltung</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>{0} {1} of {2} ms</source>
        <translation>{0} {1} von {2} ms</translation>
    </message>
    <message>
        <source>No transfer yet</source>
        <translation>Noch keine Umschaltung</translation>
    </message>
</context>
<context>
    <name>Trend</name>
    <message>
        <source>Output</source>
        <translation>Ausgang</translation>
    </message>
    <message>
        <source>Output through the last transfer</source>
        <translation>Ausgang während der letzten Umschaltung</translation>
    </message>
    <message>
        <source>All that is recorded</source>
        <translation>Alles Aufgezeichnete</translation>
    </message>
    <message>
        <source>No transfer of this group&apos;s outputs is recorded yet.</source>
        <translation>Noch ist keine Umschaltung der Ausgänge dieser Gruppe aufgezeichnet.</translation>
    </message>
    <message>
        <source>drill, </source>
        <translation>Übung, </translation>
    </message>
    <message>
        <source>{0}{1} {2}; solid applied, dashed held, dotted shadow</source>
        <translation>{0}{1} {2}; durchgezogen wirksam, gestrichelt gehalten, gepunktet Schatten</translation>
    </message>
    <message>
        <source>ms after the claim</source>
        <translation>ms nach dem Anspruch</translation>
    </message>
</context>
<context>
    <name>TrustDialog</name>
    <message>
        <source>Certificate has CHANGED</source>
        <translation>Zertifikat hat sich GEÄNDERT</translation>
    </message>
    <message>
        <source>Unknown OTHA</source>
        <translation>Unbekanntes OTHA</translation>
    </message>
    <message>
        <source>Another certificate than the one that was trusted answers at this address. Somebody may be answering in OTHA&apos;s name. Do not go on unless you know who renewed it.</source>
        <translation>An dieser Adresse antwortet ein anderes Zertifikat als das, dem vertraut wurde. Vielleicht antwortet jemand in OTHAs Namen. Nicht fortfahren, wenn nicht bekannt ist, wer es erneuert hat.</translation>
    </message>
    <message>
        <source>This station has not seen this OTHA before. Compare the fingerprint with the one in OTHA&apos;s log.</source>
        <translation>Diese Station kennt dieses OTHA noch nicht. Den Fingerabdruck mit dem in OTHAs Log vergleichen.</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Certificate of</source>
        <translation>Zertifikat von</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>nicht lesbar</translation>
    </message>
    <message>
        <source>Fingerprint (SHA-256)</source>
        <translation>Fingerabdruck (SHA-256)</translation>
    </message>
    <message>
        <source>Trusted until now</source>
        <translation>Bisher vertraut</translation>
    </message>
    <message>
        <source>Last characters of the new fingerprint</source>
        <translation>Letzte Zeichen des neuen Fingerabdrucks</translation>
    </message>
    <message>
        <source>I have compared all of the fingerprint</source>
        <translation>Ich habe den ganzen Fingerabdruck verglichen</translation>
    </message>
    <message>
        <source>Type the last {0} characters of the new one</source>
        <translation>Die letzten {0} Zeichen des neuen eintippen</translation>
    </message>
    <message>
        <source>Do not connect</source>
        <translation>Nicht verbinden</translation>
    </message>
    <message>
        <source>Trust it from now on</source>
        <translation>Ab jetzt vertrauen</translation>
    </message>
</context>
<context>
    <name>Users</name>
    <message>
        <source>&amp;Prepare</source>
        <translation>&amp;Vorbereiten</translation>
    </message>
    <message>
        <source>your role may not</source>
        <translation>Ihre Rolle darf das nicht</translation>
    </message>
    <message>
        <source>no answer: look whether it was done</source>
        <translation>keine Antwort: nachsehen, ob es geschah</translation>
    </message>
    <message>
        <source>User</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Rolle</translation>
    </message>
    <message>
        <source>Locked</source>
        <translation>Gesperrt</translation>
    </message>
    <message>
        <source>Password since</source>
        <translation>Passwort seit</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Password, 10 characters or more</source>
        <translation>Passwort, mindestens 10 Zeichen</translation>
    </message>
    <message>
        <source>Password again</source>
        <translation>Passwort noch einmal</translation>
    </message>
    <message>
        <source>&amp;Add</source>
        <translation>&amp;Anlegen</translation>
    </message>
    <message>
        <source>Set &amp;role</source>
        <translation>&amp;Rolle setzen</translation>
    </message>
    <message>
        <source>Set pass&amp;word</source>
        <translation>Pass&amp;wort setzen</translation>
    </message>
    <message>
        <source>&amp;Lock</source>
        <translation>&amp;Sperren</translation>
    </message>
    <message>
        <source>&amp;Unlock</source>
        <translation>&amp;Entsperren</translation>
    </message>
    <message>
        <source>Re&amp;move</source>
        <translation>Ent&amp;fernen</translation>
    </message>
    <message>
        <source>your role may not see the users</source>
        <translation>Ihre Rolle darf die Benutzer nicht sehen</translation>
    </message>
    <message>
        <source>locked</source>
        <translation>gesperrt</translation>
    </message>
    <message>
        <source>Trust</source>
        <translation>Vertrauen</translation>
    </message>
    <message>
        <source>Subject</source>
        <translation>Inhaber</translation>
    </message>
    <message>
        <source>Days left</source>
        <translation>Noch Tage</translation>
    </message>
    <message>
        <source>Application</source>
        <translation>Anwendung</translation>
    </message>
    <message>
        <source>Fingerprint (SHA-256)</source>
        <translation>Fingerabdruck (SHA-256)</translation>
    </message>
    <message>
        <source>&amp;Trust</source>
        <translation>&amp;Vertrauen</translation>
    </message>
    <message>
        <source>Re&amp;ject</source>
        <translation>Ab&amp;lehnen</translation>
    </message>
    <message>
        <source>your role may not see the certificates</source>
        <translation>Ihre Rolle darf die Zertifikate nicht sehen</translation>
    </message>
    <message>
        <source>Compare this with what stands at the client: {0}</source>
        <translation>Mit dem vergleichen, was am Client steht: {0}</translation>
    </message>
    <message>
        <source>Users</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Certificates</source>
        <translation>Zertifikate</translation>
    </message>
</context>
<context>
    <name>UsersPage</name>
    <message>
        <source>Users</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Users and certificates are shown to administrators.</source>
        <translation>Benutzer und Zertifikate sehen Verwalter.</translation>
    </message>
</context>
<context>
    <name>Why</name>
    <message>
        <source> and </source>
        <translation> und </translation>
    </message>
    <message>
        <source> or </source>
        <translation> oder </translation>
    </message>
    <message>
        <source>{0} of ({1})</source>
        <translation>{0} von ({1})</translation>
    </message>
    <message>
        <source>{0} for {1} ms</source>
        <translation>{0} seit {1} ms</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>OTHA</source>
        <translation>OTHA</translation>
    </message>
    <message>
        <source>Log in …</source>
        <translation>Anmelden …</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>Übersicht</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <source>Alarms</source>
        <translation>Alarme</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>Ereignisse</translation>
    </message>
    <message>
        <source>KPI</source>
        <translation>Kennzahlen</translation>
    </message>
    <message>
        <source>Drills</source>
        <translation>Übungen</translation>
    </message>
    <message>
        <source>Commissioning</source>
        <translation>Inbetriebnahme</translation>
    </message>
    <message>
        <source>Users</source>
        <translation>Benutzer</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Change user …</source>
        <translation>Neu anmelden …</translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>Switch over</source>
        <translation>Umschalten</translation>
    </message>
    <message>
        <source>Fail back</source>
        <translation>Zurückschalten</translation>
    </message>
    <message>
        <source>Drill</source>
        <translation>Übung</translation>
    </message>
    <message>
        <source>End the drill</source>
        <translation>Übung beenden</translation>
    </message>
    <message>
        <source>Confirm</source>
        <translation>Bestätigen</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>Ablehnen</translation>
    </message>
    <message>
        <source>Safe state</source>
        <translation>Sicherer Zustand</translation>
    </message>
    <message>
        <source>Bypass</source>
        <translation>Überbrücken</translation>
    </message>
    <message>
        <source>End bypass</source>
        <translation>Überbrückung beenden</translation>
    </message>
    <message>
        <source>Release</source>
        <translation>Freigeben</translation>
    </message>
    <message>
        <source>Into maintenance</source>
        <translation>In Wartung</translation>
    </message>
    <message>
        <source>Out of maintenance</source>
        <translation>Aus Wartung</translation>
    </message>
    <message>
        <source>Arming</source>
        <translation>Schärfe</translation>
    </message>
    <message>
        <source>Moves the active role to the other node.</source>
        <translation>Gibt die aktive Rolle an den anderen Knoten.</translation>
    </message>
    <message>
        <source>Moves the active role back to the preferred node.</source>
        <translation>Gibt die aktive Rolle an den bevorzugten Knoten zurück.</translation>
    </message>
    <message>
        <source>Rehearses a transfer for real, on a group that is marked for drills.</source>
        <translation>Übt eine Umschaltung, wirklich, in einer dafür freigegebenen Gruppe.</translation>
    </message>
    <message>
        <source>Ends the drill; once the new node drives it is too late.</source>
        <translation>Beendet die Übung; führt der neue Knoten, ist es zu spät.</translation>
    </message>
    <message>
        <source>Lets what waits go on.</source>
        <translation>Lässt weitergehen, was wartet.</translation>
    </message>
    <message>
        <source>Refuses what waits.</source>
        <translation>Weist zurück, was wartet.</translation>
    </message>
    <message>
        <source>Drives the held section to its safe state. A second person must confirm.</source>
        <translation>Fährt den gehaltenen Abschnitt in den sicheren Zustand. Eine zweite Person muss bestätigen.</translation>
    </message>
    <message>
        <source>Lets a process interlock count as true for a while. A second person confirms.</source>
        <translation>Lässt eine Prozessverriegelung auf Zeit als wahr gelten. Eine zweite Person bestätigt.</translation>
    </message>
    <message>
        <source>The interlock counts again.</source>
        <translation>Die Verriegelung zählt wieder.</translation>
    </message>
    <message>
        <source>Lets an owner go on that the gate takes no more by itself.</source>
        <translation>Lässt einen Besitzer weitermachen, den das Tor nicht mehr von selbst annimmt.</translation>
    </message>
    <message>
        <source>The node is chosen for no transfer any more.</source>
        <translation>Der Knoten wird für keine Umschaltung mehr gewählt.</translation>
    </message>
    <message>
        <source>The node may be chosen again.</source>
        <translation>Der Knoten darf wieder gewählt werden.</translation>
    </message>
    <message>
        <source>Says how far OTHA may act in this group.</source>
        <translation>Sagt, wie weit OTHA in dieser Gruppe handeln darf.</translation>
    </message>
    <message>
        <source>Waits for a second person</source>
        <translation>Wartet auf eine zweite Person</translation>
    </message>
    <message>
        <source>Not selected</source>
        <translation>Nicht gewählt</translation>
    </message>
    <message>
        <source>Selecting …</source>
        <translation>Wählt …</translation>
    </message>
    <message>
        <source>Selected</source>
        <translation>Gewählt</translation>
    </message>
    <message>
        <source>Sent, no answer yet</source>
        <translation>Gesendet, noch keine Antwort</translation>
    </message>
    <message>
        <source>No answer: it may have been taken. Repeat it, or look at the plant.</source>
        <translation>Keine Antwort: vielleicht wurde es angenommen. Wiederholen, oder die Anlage ansehen.</translation>
    </message>
    <message>
        <source>Under way</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <source>Done, read back from the plant</source>
        <translation>Fertig, an der Anlage zurückgelesen</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>No connection: nothing is known</source>
        <translation>Keine Verbindung: nichts ist bekannt</translation>
    </message>
    <message>
        <source>Select first</source>
        <translation>Erst wählen</translation>
    </message>
    <message>
        <source>Prepare first</source>
        <translation>Erst vorbereiten</translation>
    </message>
    <message>
        <source>Wait for the answer</source>
        <translation>Antwort abwarten</translation>
    </message>
    <message>
        <source>Selected by {0}, {1} s left</source>
        <translation>Gewählt von {0}, noch {1} s</translation>
    </message>
    <message>
        <source>The selection has expired: select anew</source>
        <translation>Die Wahl ist abgelaufen: neu wählen</translation>
    </message>
    <message>
        <source>The selection is gone: {0}</source>
        <translation>Die Wahl ist weg: {0}</translation>
    </message>
    <message>
        <source>Say why: a comment is needed</source>
        <translation>Grund angeben: eine Bemerkung ist nötig</translation>
    </message>
    <message>
        <source>Choose first what you mean</source>
        <translation>Erst wählen, was gemeint ist</translation>
    </message>
    <message>
        <source>No. {0} waits no more</source>
        <translation>Nr. {0} wartet nicht mehr</translation>
    </message>
    <message>
        <source>Enter your password</source>
        <translation>Passwort eingeben</translation>
    </message>
    <message>
        <source>{0} may not order this</source>
        <translation>{0} darf das nicht befehlen</translation>
    </message>
    <message>
        <source>Already sent</source>
        <translation>Schon gesendet</translation>
    </message>
    <message>
        <source>It was accepted, but nothing is read of it: {0}</source>
        <translation>Es wurde angenommen, aber nichts davon ist zu lesen: {0}</translation>
    </message>
    <message>
        <source>It ended and is not read back (is / shall be): {0}</source>
        <translation>Es endete und ist nicht zurückgelesen (Ist / Soll): {0}</translation>
    </message>
    <message>
        <source>It was not confirmed, or not carried out (is / shall be): {0}</source>
        <translation>Es wurde nicht bestätigt oder nicht ausgeführt (Ist / Soll): {0}</translation>
    </message>
    <message>
        <source>Refused: {0}</source>
        <translation>Abgelehnt: {0}</translation>
    </message>
    <message>
        <source>OTHA did not say what it would do</source>
        <translation>OTHA hat nicht gesagt, was es tun würde</translation>
    </message>
    <message>
        <source>No. {0}: the section to its safe state</source>
        <translation>Nr. {0}: Abschnitt in den sicheren Zustand</translation>
    </message>
    <message>
        <source>No. {0}: bypass of {1} for {2} min</source>
        <translation>Nr. {0}: {1} für {2} min überbrücken</translation>
    </message>
    <message>
        <source>No. {0}: {3} to {1}</source>
        <translation>Nr. {0}: {3} nach {1}</translation>
    </message>
    <message>
        <source>asked by {0}</source>
        <translation>verlangt von {0}</translation>
    </message>
    <message>
        <source>you answer for: {0}</source>
        <translation>Sie verantworten: {0}</translation>
    </message>
    <message>
        <source>{0} s left</source>
        <translation>noch {0} s</translation>
    </message>
    <message>
        <source>requested</source>
        <translation>verlangt</translation>
    </message>
    <message>
        <source>permitted</source>
        <translation>zugelassen</translation>
    </message>
    <message>
        <source>epoch claimed</source>
        <translation>Epoche beansprucht</translation>
    </message>
    <message>
        <source>old node fenced</source>
        <translation>alter Knoten ausgesperrt</translation>
    </message>
    <message>
        <source>new node promoted</source>
        <translation>neuer Knoten eingesetzt</translation>
    </message>
    <message>
        <source>outputs compared</source>
        <translation>Ausgänge verglichen</translation>
    </message>
    <message>
        <source>outputs released</source>
        <translation>Ausgänge freigegeben</translation>
    </message>
    <message>
        <source>outputs verified</source>
        <translation>Ausgänge geprüft</translation>
    </message>
    <message>
        <source>path redirected</source>
        <translation>Weg umgelenkt</translation>
    </message>
    <message>
        <source>clients redirected</source>
        <translation>Clients umgelenkt</translation>
    </message>
    <message>
        <source>writes verified</source>
        <translation>Schreiben geprüft</translation>
    </message>
    <message>
        <source>rows filled up</source>
        <translation>Zeilen nachgefüllt</translation>
    </message>
    <message>
        <source>back to the old node</source>
        <translation>zurück zum alten Knoten</translation>
    </message>
    <message>
        <source>left with its owner</source>
        <translation>beim Besitzer belassen</translation>
    </message>
    <message>
        <source>to the safe state</source>
        <translation>in den sicheren Zustand</translation>
    </message>
    <message>
        <source>true</source>
        <translation>wahr</translation>
    </message>
    <message>
        <source>false</source>
        <translation>falsch</translation>
    </message>
    <message>
        <source>bad quality</source>
        <translation>schlechte Güte</translation>
    </message>
    <message>
        <source>stale</source>
        <translation>veraltet</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>normal</source>
        <translation>normal</translation>
    </message>
    <message>
        <source>active, unacked</source>
        <translation>steht an, unquitt.</translation>
    </message>
    <message>
        <source>active, acked</source>
        <translation>steht an, quittiert</translation>
    </message>
    <message>
        <source>over, unacked</source>
        <translation>vorbei, unquitt.</translation>
    </message>
    <message>
        <source>over, latched, unacked</source>
        <translation>vorbei, gehalten, unquittiert</translation>
    </message>
    <message>
        <source>over, latched: reset it</source>
        <translation>vorbei, gehalten: rücksetzen</translation>
    </message>
    <message>
        <source>critical</source>
        <translation>kritisch</translation>
    </message>
    <message>
        <source>high</source>
        <translation>hoch</translation>
    </message>
    <message>
        <source>medium</source>
        <translation>mittel</translation>
    </message>
    <message>
        <source>low</source>
        <translation>niedrig</translation>
    </message>
</context>
</TS>
