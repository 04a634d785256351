package dev.inferscale.launch;

import dev.inferscale.launch.ConfigReader.ConfigFault;
import dev.inferscale.launch.ConfigTree.Items;
import dev.inferscale.launch.ConfigTree.Nothing;
import dev.inferscale.launch.ConfigTree.Section;
import dev.inferscale.launch.ConfigTree.Text;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Makes records from what was written and collects everything that is wrong on the way.
///
/// A value that is refused is replaced by its default and the work goes on, so that one reading
/// finds every fault; the record made that way is never used.
final class ConfigBinding {
  private static final int MAX_FAULTS = 100;

  private final List<ConfigFault> faults = new ArrayList<>();

  List<ConfigFault> faults() {
    return List.copyOf(faults);
  }

  void fault(String path, String value, String message) {
    if (faults.size() < MAX_FAULTS) {
      faults.add(new ConfigFault(path, value, message));
    }
  }

  /// A record from its section.
  ///
  /// @param path of the section, with a dot at its end unless it is empty
  /// @return null when it cannot be made, which is among the faults then
  <R extends Record> @Nullable R record(
      Class<R> type, String path, Section given, @Nullable Record defaults) {
    RecordComponent[] components = type.getRecordComponents();
    reportUnknown(components, path, given);
    @Nullable Object[] values = new @Nullable Object[components.length];
    boolean complete = true;
    for (int i = 0; i < components.length; i++) {
      values[i] = component(components[i], path, given, defaults);
      complete &= values[i] != null;
    }
    return complete ? construct(type, values, path, given, defaults) : null;
  }

  private void reportUnknown(RecordComponent[] components, String path, Section given) {
    List<String> known = Arrays.stream(components).map(RecordComponent::getName).toList();
    given
        .children()
        .forEach((name, value) -> {
          if (!known.contains(name)) {
            String message = "unknown key; " + ConfigKeys.nearest(name, known);
            fault(ConfigKeys.quoted(path + name), "", message + value.origin().suffix());
          }
        });
  }

  private @Nullable Object component(
      RecordComponent component, String path, Section given, @Nullable Record defaults) {
    Object preset = defaults == null ? null : ConfigKeys.valueOf(component, defaults);
    ConfigTree value = given.children().get(component.getName());
    Type type = component.getGenericType();
    String name = path + component.getName();
    if (value != null) {
      Object bound = new Slot(name, ConfigKeys.isSecret(component)).bind(type, value, preset);
      return bound == null ? preset : bound;
    } else if (preset == null && ConfigKeys.raw(type) == Optional.class) {
      return Optional.empty();
    } else if (preset == null) {
      fault(name, "", "is missing; must be " + ConfigKeys.describe(type));
    }
    return preset;
  }

  private <R extends Record> @Nullable R construct(
      Class<R> type,
      @Nullable Object[] values,
      String path,
      Section given,
      @Nullable Record defaults) {
    RecordComponent[] components = type.getRecordComponents();
    Constructor<R> constructor = canonical(type, components);
    Set<Integer> replaced = new HashSet<>();
    while (true) {
      try {
        return make(constructor, values);
      } catch (IllegalArgumentException complaint) {
        int named = named(components, String.valueOf(complaint.getMessage()));
        if (named < 0) {
          String section = path.isEmpty() ? "configuration" : path.substring(0, path.length() - 1);
          fault(section, "", String.valueOf(complaint.getMessage()));
          return null;
        } else if (!replaced.add(named)) {
          return null; // The default is refused too, or the complaint is about another value.
        }
        reportComplaint(components[named], values[named], path, given, complaint);
        if (defaults == null) {
          return null;
        }
        values[named] = ConfigKeys.valueOf(components[named], defaults);
      }
    }
  }

  /// Calls the constructor.
  ///
  /// @throws IllegalArgumentException when the constructor does
  private static <R extends Record> R make(Constructor<R> constructor, @Nullable Object[] values) {
    try {
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException complaint) {
        throw complaint;
      }
      throw new IllegalStateException(constructor + " failed", e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(constructor + " cannot be called", e);
    }
  }

  private static <R extends Record> Constructor<R> canonical(
      Class<R> type, RecordComponent[] components) {
    try {
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      Constructor<R> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("a record without its constructor: " + type.getName(), e);
    }
  }

  /// The component whose name the complaint of a constructor begins with, or -1.
  private static int named(RecordComponent[] components, String message) {
    String first = message.split("[^A-Za-z0-9_]", 2)[0];
    for (int i = 0; i < components.length; i++) {
      if (components[i].getName().equals(first)) {
        return i;
      }
    }
    return -1;
  }

  private void reportComplaint(
      RecordComponent component,
      @Nullable Object value,
      String path,
      Section given,
      IllegalArgumentException complaint) {
    String name = component.getName();
    String message = String.valueOf(complaint.getMessage()).substring(name.length()).strip();
    ConfigTree written = given.children().get(name);
    String text =
        written instanceof Text as ? as.text() : value == null ? "" : ConfigKeys.format(value);
    String shown = ConfigKeys.isSecret(component) ? ConfigKeys.HIDDEN : ConfigKeys.quoted(text);
    fault(
        written == null ? path + name : written.origin().nameOr(path + name),
        shown,
        written == null ? message : message + written.origin().suffix());
  }

  /// The place of one value.
  private final class Slot {
    private final String name;
    private final boolean secret;

    Slot(String name, boolean secret) {
      this.name = name;
      this.secret = secret;
    }

    /// The value, or null after it was reported.
    @Nullable Object bind(Type type, ConfigTree value, @Nullable Object preset) {
      Class<?> raw = ConfigKeys.raw(type);
      Class<? extends Record> section = ConfigKeys.section(type);
      if (raw == Optional.class) {
        return optional(type, value, preset);
      } else if (section != null) {
        return section(section, value, ConfigKeys.sectionDefaults(section, preset));
      } else if (raw == List.class) {
        return value instanceof Items items ? list(type, items) : refuse(type, value);
      }
      return value instanceof Text text
          ? ConfigKeys.parse(raw, text.text()).orElseGet(() -> refuse(type, value))
          : refuse(type, value);
    }

    private @Nullable Object optional(Type type, ConfigTree value, @Nullable Object preset) {
      boolean empty =
          value instanceof Nothing || (value instanceof Text text && text.text().isEmpty());
      if (empty && ConfigKeys.section(type) == null) {
        return Optional.empty();
      }
      Object bound = bind(ConfigKeys.argument(type), value, preset);
      return bound == null ? null : Optional.of(bound);
    }

    private @Nullable Object section(
        Class<? extends Record> type, ConfigTree value, @Nullable Record defaults) {
      return switch (value) {
        case Section section -> record(type, name + ".", section, defaults);
        case Nothing _ -> record(type, name + ".", Section.empty(), defaults);
        case Text _, Items _ -> refuse(type, value);
      };
    }

    private @Nullable Object list(Type type, Items items) {
      List<Object> bound = new ArrayList<>();
      int index = 0;
      for (ConfigTree item : items.items()) {
        Slot slot = new Slot(name + "[" + index++ + "]", secret);
        Object value = slot.bind(ConfigKeys.argument(type), item, null);
        if (value != null) {
          bound.add(value);
        }
      }
      return bound.size() == items.items().size() ? List.copyOf(bound) : null;
    }

    private @Nullable Object refuse(Type type, ConfigTree value) {
      String shown =
          switch (value) {
            case Text _ when secret -> ConfigKeys.HIDDEN;
            case Text text -> ConfigKeys.quoted(text.text());
            case Section _ -> "(a section)";
            case Items _ -> "(a list)";
            case Nothing _ -> "";
          };
      String message = "must be " + ConfigKeys.describe(type) + value.origin().suffix();
      fault(value.origin().nameOr(name), shown, message);
      return null;
    }
  }
}
