package dev.inferscale.signals.window;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Estimates how many bytes an object holds on to, for a 64-bit JVM with compressed references: 12
/// bytes of header (16 for an array), fields without regard to padding between them, rounded up to
/// 8. Objects of the JDK count as 24 bytes and are not looked into.
final class ObjectSize {
  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Deque<Object> toVisit = new ArrayDeque<>();

  private ObjectSize() {}

  /// @param shared what does not count, with everything that it refers to
  static long bytes(Object root, Object... shared) throws IllegalAccessException {
    ObjectSize size = new ObjectSize();
    for (Object object : shared) {
      size.total(object);
    }
    return size.total(root);
  }

  private long total(Object root) throws IllegalAccessException {
    long bytes = 0;
    visit(root);
    while (!toVisit.isEmpty()) {
      bytes += shallow(toVisit.pop());
    }
    return bytes;
  }

  private void visit(@Nullable Object object) {
    if (object != null && !(object instanceof Enum<?>) && seen.add(object)) {
      toVisit.push(object);
    }
  }

  private long shallow(Object object) throws IllegalAccessException {
    Class<?> type = object.getClass();
    if (type.isArray()) {
      return array(object, type.getComponentType());
    }
    if (!type.getName().startsWith("dev.inferscale.")) {
      return 24;
    }
    long bytes = 12;
    for (Class<?> at = type; at != null && at != Object.class; at = at.getSuperclass()) {
      for (Field field : at.getDeclaredFields()) {
        bytes += Modifier.isStatic(field.getModifiers()) ? 0 : field(field, object);
      }
    }
    return rounded(bytes);
  }

  private long field(Field field, Object owner) throws IllegalAccessException {
    AccessibleObject.setAccessible(new Field[] {field}, true);
    if (!field.getType().isPrimitive()) {
      visit(field.get(owner));
    }
    return width(field.getType());
  }

  private long array(Object array, Class<?> component) {
    int length = Array.getLength(array);
    if (!component.isPrimitive()) {
      for (int i = 0; i < length; i++) {
        visit(Array.get(array, i));
      }
    }
    return rounded(16 + length * width(component));
  }

  private static long width(Class<?> type) {
    if (type == long.class || type == double.class) {
      return 8;
    }
    return type == boolean.class || type == byte.class ? 1 : 4;
  }

  private static long rounded(long bytes) {
    return (bytes + 7) / 8 * 8;
  }
}
