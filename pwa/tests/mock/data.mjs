/** Answers of the invented town, in the shapes of the contract. Only for developing and testing the page. */

const SURFACES = ["asphalt", "paving_stones", "sett", "unhewn_cobblestone", "compacted", "fine_gravel", "gravel", "ground", "grass", "sand"];

const TITLES = {
  de: { kerb: "Höchster Bord aufwärts", incline: "Steilste Steigung aufwärts", width: "Mindestbreite", steps: "Stufen", surface: "Belag, den ich meide" },
  "de-simple": { kerb: "Wie hoch darf die Bord-Kante sein?", incline: "Wie steil darf es nach oben gehen?", width: "Wie breit muss der Weg sein?", steps: "Stufen", surface: "Diese Böden meide ich" },
  en: { kerb: "Highest kerb upwards", incline: "Steepest incline upwards", width: "Least width", steps: "Steps", surface: "Surfaces I avoid" },
};

function limits(language, kerb, incline, width, steps, surfaces) {
  const t = TITLES[language];
  const number = (title, minimum, maximum, value, unit) => ({ title, type: ["number", "null"], minimum, maximum, default: value, "x-unit": unit, "x-beyond": "block", "x-source": "Beispiel" });
  return {
    type: "object",
    additionalProperties: false,
    properties: {
      kerb_up_max_cm: number(t.kerb, 0, 40, kerb, "cm"),
      incline_up_max_percent: number(t.incline, 0, 40, incline, "percent"),
      width_min_cm: number(t.width, 0, 400, width, "cm"),
      steps: { title: t.steps, type: ["string", "null"], enum: ["block", "avoid", "ok", null], default: steps },
      surface_avoid: { title: t.surface, type: ["array", "null"], items: { enum: SURFACES }, default: surfaces, "x-beyond": surfaces.length > 0 ? "avoid" : "block" },
    },
  };
}

export function profiles(language) {
  const english = language === "en";
  const rough = ["sett", "unhewn_cobblestone", "gravel", "sand"];
  const row = (name, german, englishLabel, description, englishDescription, unknowns, ...rest) => ({
    name,
    label: english ? englishLabel : german,
    description: english ? englishDescription : description,
    unknowns,
    limits: limits(language, ...rest),
  });
  return [
    row("wheelchair-manual", "Rollstuhl, selbst angetrieben", "Wheelchair, self-propelled", "Ohne Stufen, niedrige Borde, flache Wege.", "No steps, low kerbs, gentle slopes.", "avoid", 3, 6, 90, "block", rough),
    row("walker", "Rollator", "Walking frame", "Ohne Treppen, mit Bänken am Weg.", "No stairs, with benches along the way.", "avoid", 6, 8, 80, "block", ["unhewn_cobblestone"]),
    row("blind", "Langstock", "Long cane", "Mit Ampeltönen und Bodenleitsystem, Kanten zum Folgen.", "Sound at signals, tactile paving, edges to follow.", "avoid", null, null, null, "ok", []),
    row("foot", "Zu Fuß", "On foot", "Ohne besondere Grenzen.", "No particular limits.", "accept", null, null, null, "ok", []),
  ];
}

export const city = {
  id: "musterstadt",
  name: "Musterstadt",
  fictional: true,
  notice: "Erfundene Stadt, nicht zur Navigation",
  bounds: [9.48, 51.3, 9.51, 51.33],
  languages: ["de", "de-simple", "en"],
  time_zone: "Europe/Berlin",
  osm_at: "2026-11-01T00:00:00Z",
  built_at: "2026-11-20T00:00:00Z",
  attribution: "© OpenStreetMap-Mitwirkende, ODbL 1.0",
  files: [],
};

const place = (label, detail, kind, lon, lat, place_id = null) => ({ label, detail, kind, lon, lat, place_id });

export const addresses = [
  place("Marktplatz", "Platz in der Altstadt", "place", 9.49, 51.31, "osm:way/10"),
  ...[1, 2, 3, 5, 7, 9].map((number) => place(`Marktplatz ${number}`, "Adresse", "address", 9.49 + number / 1e4, 51.31)),
  place("Bahnhof", "Bahnhof mit Aufzug", "place", 9.496, 51.315, "osm:node/12"),
  place("Bahnhofstraße", "Straße", "street", 9.495, 51.314),
  place("Bahnhofstraße 14", "Adresse", "address", 9.4951, 51.314),
  place("Schlossberg", "Aussicht über der Altstadt", "place", 9.488, 51.318, "osm:node/40"),
  place("Insel im Fluss", "Park, zurzeit gesperrt", "place", 9.5, 51.312, "osm:way/77"),
  place("Waldhütte", "weit vor der Stadt", "place", 9.6, 51.4, "osm:node/99"),
];

const SAY = {
  de: {
    start: "Start nach Osten: Marktplatz, 85 m.",
    right: "Biegen Sie rechts ab: Bahnhofstraße, 210 m.",
    cross: "Überqueren Sie die Uferstraße. Ampel mit Ton, Fahrbahn 14 m, bei Ihrem Tempo 23 s, Insel nach 7 m.",
    arrive: "Sie sind am Ziel: Bahnhof, Eingang West.",
    kerb3: "Bord 3 cm aufwärts, Ihr Limit 3 cm",
    kerb6: "Bord 6 cm aufwärts, Ihr Limit 3 cm",
    kerbUnknown: "Bordhöhe unbekannt, Ihr Limit 3 cm",
    unknowns: ["Belag (70 m)", "Bordhöhe aufwärts (an 1 Stelle)", "Breite (110 m)", "Ebenheit (38 m)", "Längsneigung (12 m)"],
    sett: "Steinpflaster auf 38 m",
    steep: "Steigung 8 %, Ihr Limit 6 %",
    assumed: ["Wo kein Bord eingetragen ist, wurde ein Bord unbekannter Höhe angenommen.", "Ohne Angabe zur Breite wurden 150 cm angenommen."],
    warned: "Gemeldet, noch nicht geprüft: Bauzaun in der Bahnhofstraße (20. November).",
    far: "Das Ziel liegt mehr als 250 m neben dem nächsten Weg der Karte.",
    invalid: "Die Anfrage enthält Werte, die nicht verwendet werden können.",
  },
  en: {
    start: "Start eastwards: Marktplatz, 85 m.",
    right: "Turn right: Bahnhofstraße, 210 m.",
    cross: "Cross Uferstraße. Signals with sound, carriageway 14 m, 23 s at your pace, island after 7 m.",
    arrive: "You are at your destination: Bahnhof, west entrance.",
    kerb3: "Kerb 3 cm up, your limit 3 cm",
    kerb6: "Kerb 6 cm up, your limit 3 cm",
    kerbUnknown: "Kerb height unknown, your limit 3 cm",
    unknowns: ["Surface (70 m)", "Kerb height upwards (at 1 spot)", "Width (110 m)", "Smoothness (38 m)", "Incline (12 m)"],
    sett: "Setts for 38 m",
    steep: "Incline 8 %, your limit 6 %",
    assumed: ["Where no kerb is mapped, a kerb of unknown height was assumed.", "Where no width is given, 150 cm were assumed."],
    warned: "Reported, not yet reviewed: fence in Bahnhofstraße (20 November).",
    far: "The destination is more than 250 m from the nearest way of the map.",
    invalid: "The request has values that cannot be used.",
  },
};
SAY["de-simple"] = {
  ...SAY.de,
  start: "Gehen Sie über den Marktplatz. Das sind 85 m.",
  right: "Gehen Sie rechts in die Bahnhofstraße. Das sind 210 m.",
  cross: "Gehen Sie über die Uferstraße. Dort ist eine Ampel mit Ton.",
  arrive: "Sie sind da: Bahnhof, Eingang West.",
};

export function say(language) {
  return SAY[language] ?? SAY.de;
}

const kerb = (text, value, exceeds, more = {}) => ({ kind: "kerb", direction: "up", value, unit: "cm", limit: 3, exceeds, source: "osm", as_of: "2026-07-01", osm: "node/123", lon: 9.49, lat: 51.31, text, ...more });

export function plan(language, { outcome = "found", wish = false, others = false } = {}) {
  const words = say(language);
  const over = [
    kerb(words.kerb6, 6, true, { source: "survey", as_of: "2026-05-12" }),
    { kind: "incline", direction: "up", value: 8, unit: "percent", limit: 6, exceeds: true, source: "estimate", as_of: null, osm: "way/5", lon: 9.49, lat: 51.31, text: words.steep },
    kerb(words.kerbUnknown, null, null, { source: "assumption", as_of: null }),
  ];
  const exceeded = outcome === "limits_exceeded" ? over : [];
  const sett = { kind: "surface", direction: null, value: "sett", unit: null, limit: null, exceeds: wish, beyond: "avoid", source: "osm", as_of: "2026-03-14", osm: "way/9", lon: 9.49, lat: 51.31, text: words.sett };
  const step = (instruction, manoeuvre, distance_m, obstacles = []) => ({ instruction, manoeuvre, distance_m, duration_s: Math.round(distance_m * 1.3), street: null, bearing_deg: 90, first_point: 0, last_point: 1, obstacles });
  const route = {
    label: "recommended",
    title: "Empfohlener Weg",
    difference: null,
    distance_m: 412.3,
    duration_s: 540,
    climb_m: 4.0,
    descent_m: 2.1,
    elevation: {
      known_share: 0.97,
      estimated_share: 0.6,
      steepest: { direction: "up", incline_percent: 7.6, error_percent: 1.5, from_m: 100, length_m: 40, source: "estimate" },
      profile: [[0, 160], [100, 160.5], [140, 163.5], [250, null], [280, 163], [412.3, 162]],
    },
    geometry: { type: "LineString", coordinates: [[9.49, 51.31], [9.496, 51.315]] },
    known_share: 0.836,
    unknowns: ["surface", "kerb_up_cm", "width_cm", "smoothness", "incline_up_percent"].map((attribute, index) => ({ attribute, distance_m: [70.1, 0, 112, 38, 12][index], count: index === 1 ? 1 : 0, text: words.unknowns[index] })),
    assumptions: words.assumed,
    limits_exceeded: exceeded,
    warnings: [words.warned],
    steps: [
      step(words.start, "depart", 84, [sett]),
      step(words.right, "turn_right", 210, exceeded.length > 0 ? over.slice(0, 2) : [kerb(words.kerb3, 3, false)]),
      step(words.cross, "cross", 14, [kerb(words.kerbUnknown, null, null, { source: "assumption", as_of: null })]),
      step(words.arrive, "arrive", 0),
    ],
  };
  const shorter = { ...route, label: "shortest", title: "Kürzester Weg innerhalb Ihrer Grenzen", difference: { distance_m: -62, duration_s: -70, unknown_m: 40, text: "60 m kürzer, 2 Min. schneller, auf 40 m mehr ist etwas unbekannt" } };
  const unreachable = outcome === "unreachable";
  return {
    outcome,
    graph: { id: "mock", osm_at: city.osm_at, overlay_version: 1 },
    from: { lon: 9.49, lat: 51.31, offset_m: 2.2 },
    to: { lon: 9.496, lat: 51.315, offset_m: unreachable ? 0 : 12.4 },
    routes: unreachable ? [] : others ? [route, shorter] : [route],
    relaxations: exceeded.length > 0 ? [{ limits: { kerb_up_max_cm: 4 }, unknowns: null, distance_m: 380, duration_s: 500, text: "Höchster Bord aufwärts: 4 cm statt 3 cm. Dann gibt es einen Weg ohne bekanntes Hindernis über Ihren Grenzen: 380 m, 9 Min." }] : [],
    ...(unreachable ? { reachable: { lon: 9.499, lat: 51.312, remaining_m: 118.2 } } : {}),
  };
}
