package dev.inferscale.signals.scrape;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;

/// Bytes that arrive one after the other, in chunks: growing copies nothing. One thread at a time.
final class PageBytes {
  private static final int CHUNK = 1 << 14;

  /// Memory is taken in steps of so many bytes of a page; the first step is free, so that no small
  /// page ever waits.
  private static final int STEP = 1 << 16;

  private final Deque<byte[]> chunks = new ArrayDeque<>();
  private int size;
  private int room;

  int size() {
    return size;
  }

  /// What it counts for in the memory that all fetches share.
  long memory() {
    return memory(size);
  }

  /// The same for so many bytes: each counts twice, since it is here and then in the whole page.
  static long memory(long size) {
    long steps = (size + STEP - 1L) / STEP;
    return 2 * STEP * Math.max(0, steps - 1);
  }

  /// Takes all that the buffer has.
  void add(ByteBuffer from) {
    while (from.hasRemaining()) {
      if (room == 0) {
        chunks.add(new byte[CHUNK]);
        room = CHUNK;
      }
      int taken = Math.min(room, from.remaining());
      from.get(chunks.getLast(), CHUNK - room, taken);
      room -= taken;
      size += taken;
    }
  }

  /// All of it in one array; nothing is left here.
  byte[] drain() {
    byte[] whole = new byte[size];
    for (int at = 0; at < whole.length; at += CHUNK) {
      System.arraycopy(chunks.remove(), 0, whole, at, Math.min(CHUNK, whole.length - at));
    }
    clear();
    return whole;
  }

  /// Reads it from the beginning; what was read is let go.
  InputStream stream() {
    return new InputStream() {
      private int at;

      @Override
      public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] into, int from, int most) {
        Objects.checkFromIndexSize(from, most, into.length);
        if (size == 0) {
          return -1;
        }
        int taken = Math.min(most, Math.min(size, CHUNK - at));
        System.arraycopy(chunks.getFirst(), at, into, from, taken);
        at += taken;
        size -= taken;
        if (at == CHUNK || size == 0) {
          chunks.remove();
          at = 0;
        }
        return taken;
      }

      @Override
      public int available() {
        return size;
      }
    };
  }

  void clear() {
    chunks.clear();
    size = 0;
    room = 0;
  }
}
