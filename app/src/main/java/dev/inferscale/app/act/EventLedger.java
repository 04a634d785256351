package dev.inferscale.app.act;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Which events are written when: of one pool and reason at most one in five minutes, of all at
/// most thirty in a minute. What happens again meanwhile is counted into the event that stands, as
/// a series. Used by one thread; time comes in.
final class EventLedger {
  /// Between two writes about one pool for one reason.
  static final Duration BETWEEN = Duration.ofMinutes(5);

  /// Writes of all pools within a minute.
  static final int MOST_PER_MINUTE = 30;

  private static final Duration MINUTE = Duration.ofMinutes(1);

  /// What could not be written for so long is no news any more.
  private static final Duration NEWS = Duration.ofMinutes(2);

  /// The API server forgets an event an hour after it was created or last changed.
  private static final Duration FORGOTTEN = Duration.ofMinutes(55);

  private static final int MOST_ENTRIES = 10_000;

  private final Map<Key, Entry> entries = new HashMap<>();
  private final Deque<Instant> written = new ArrayDeque<>();

  /// What is told apart.
  ///
  /// @param uid of the resource
  record Key(String uid, String reason) {}

  /// One event.
  ///
  /// @param name of the event that stands, empty where none does
  /// @param count told so far
  /// @param waiting not told yet
  /// @param first when the first of those happened
  /// @param last when the latest happened
  /// @param at when it was last written
  record Entry(
      Subject subject,
      Happening happening,
      String name,
      int count,
      int waiting,
      Instant first,
      Instant last,
      Instant at) {
    Key key() {
      return new Key(subject.uid(), happening.reason());
    }

    boolean stands() {
      return !name.isEmpty();
    }
  }

  /// Something has happened.
  ///
  /// @return false where there are too many to be remembered
  boolean happened(Subject subject, Happening happening, Instant now) {
    Key key = new Key(subject.uid(), happening.reason());
    Entry before = entries.get(key);
    if (before == null && entries.size() >= MOST_ENTRIES) {
      return false;
    }
    entries.put(
        key,
        before == null
            ? new Entry(subject, happening, "", 0, 1, now, now, Instant.MIN)
            : new Entry(
                subject,
                happening,
                before.name(),
                before.count(),
                before.waiting() + 1,
                before.waiting() == 0 ? now : before.first(),
                now,
                before.at()));
    return true;
  }

  /// What may be written now, the oldest first.
  List<Entry> due(Instant now) {
    while (!written.isEmpty() && isOver(written.getFirst(), MINUTE, now)) {
      written.removeFirst();
    }
    List<Entry> due = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (entry.waiting() > 0 && isOver(entry.at(), BETWEEN, now)) {
        due.add(entry);
      }
    }
    due.sort(Comparator.comparing(Entry::first));
    return due.subList(0, Math.min(due.size(), Math.max(0, MOST_PER_MINUTE - written.size())));
  }

  /// An attempt, which counts whatever came of it.
  void tried(Instant now) {
    written.addLast(now);
  }

  /// It stands now under that name.
  void wrote(Entry entry, String name, Instant now) {
    entries.put(
        entry.key(),
        new Entry(
            entry.subject(),
            entry.happening(),
            name,
            entry.stands() ? entry.count() + entry.waiting() : 1,
            entry.stands() ? 0 : entry.waiting() - 1,
            now,
            entry.last(),
            now));
  }

  /// The event that stood does so no more; the next one is a new one.
  void vanished(Entry entry) {
    entries.put(
        entry.key(),
        new Entry(
            entry.subject(),
            entry.happening(),
            "",
            0,
            entry.waiting(),
            entry.first(),
            entry.last(),
            Instant.MIN));
  }

  /// It is not told.
  void forget(Entry entry) {
    entries.remove(entry.key());
  }

  /// Forgets what is over.
  ///
  /// @return how many were never told
  int sweep(Instant now) {
    int dropped = 0;
    for (Iterator<Entry> each = entries.values().iterator(); each.hasNext(); ) {
      Entry entry = each.next();
      boolean old = entry.waiting() > 0 && !entry.stands() && isOver(entry.first(), NEWS, now);
      boolean over = entry.stands() && entry.waiting() == 0 && isOver(entry.at(), FORGOTTEN, now);
      dropped += old ? entry.waiting() : 0;
      if (old || over) {
        each.remove();
      }
    }
    return dropped;
  }

  private static boolean isOver(Instant then, Duration span, Instant now) {
    return !now.minus(span).isBefore(then);
  }
}
