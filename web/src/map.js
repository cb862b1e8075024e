// Turns the server's drawing of a map into one that can be moved, when scripts
// and WebGL are there. It computes nothing about the data: widths, shades and
// sentences come in the GeoJSON, from the code that drew the picture and the
// table. The contract is in web/README.md.

const HERE = new URL(".", import.meta.url);

export async function drawAll(root) {
  const figures = Array.from(root.querySelectorAll("[data-map]"));
  if (!figures.length || !hasWebGL2()) return;
  const lib = await import("./maplibre-gl.mjs");
  await styleSheet();
  figures.forEach((figure) => new LiveMap(lib, figure));
}

function hasWebGL2() {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

// styleSheet brings MapLibre's own, which pages without a map do not need.
function styleSheet() {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL("maplibre-gl.css", HERE).href;
  return new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = reject;
    // First, so that our own sheet has the last word.
    document.head.prepend(link);
  });
}

class LiveMap {
  constructor(lib, figure) {
    this.lib = lib;
    this.figure = figure;
    this.layers = JSON.parse(figure.dataset.mapLayers || "[]");
    this.data = {};
    this.chosen = null;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const style = getComputedStyle(figure);
    this.colour = (name) => style.getPropertyValue("--lantern-" + name).trim();
    this.start().catch((error) => this.giveUp(error));
  }

  async start() {
    // Everything is fetched before the drawing is touched, so a refusal or a
    // lost connection leaves the page as it was.
    await Promise.all(
      this.layers.map(async (layer) => {
        const response = await fetch(layer.url, { credentials: "same-origin", headers: { Accept: "application/geo+json" } });
        if (!response.ok) throw new Error(layer.url + ": " + response.status);
        this.data[layer.id] = await response.json();
      }),
    );
    const picture = this.figure.querySelector(".lantern-map__picture");
    this.fallback = picture.querySelector(".lantern-map__static");
    this.frame = document.createElement("div");
    this.frame.className = "lantern-map__live";
    picture.append(this.frame);
    if (this.fallback) this.fallback.hidden = true;
    this.map = new this.lib.Map(this.options());
    this.map.addControl(new this.lib.NavigationControl({ showCompass: false }), "top-right");
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.on("error", (event) => this.failed(event));
    await new Promise((resolve) => this.map.once("load", resolve));
    this.layers.forEach((layer) => this.add(layer));
    this.map.on("zoomend", () => this.layers.filter(isFlows).forEach((layer) => this.bend(layer)));
    this.listen();
    this.table();
    this.toggles();
    this.map.once("idle", () => {
      this.figure.dataset.mapState = "ready";
    });
  }

  options() {
    const [west, south, east, north] = (this.figure.dataset.mapBounds || "-6.5,49.8,2,55.9").split(",").map(Number);
    return {
      container: this.frame,
      style: {
        version: 8,
        sources: {},
        layers: [{ id: "sea", type: "background", paint: { "background-color": this.hasLand() ? this.colour("sea") : this.colour("land") } }],
      },
      bounds: [[west, south], [east, north]],
      fitBoundsOptions: { padding: 12 },
      // The view may wander one window's breadth, and no further.
      maxBounds: [[west - (east - west), Math.max(-85, south - (north - south))], [east + (east - west), Math.min(85, north + (north - south))]],
      maxZoom: 17,
      maxPitch: 0,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      cooperativeGestures: true,
      renderWorldCopies: false,
      fadeDuration: this.still ? 0 : 200,
      attributionControl: this.figure.dataset.mapAttribution ? { compact: false, customAttribution: plain(this.figure.dataset.mapAttribution) } : false,
      locale: this.locale(),
    };
  }

  // locale passes on the page's own words; what it does not give is English.
  locale() {
    const given = this.figure.dataset;
    const out = {};
    if (given.mapLabel) out["Map.Title"] = given.mapLabel;
    if (given.mapZoomIn) out["NavigationControl.ZoomIn"] = given.mapZoomIn;
    if (given.mapZoomOut) out["NavigationControl.ZoomOut"] = given.mapZoomOut;
    if (given.mapScroll) {
      out["CooperativeGesturesHandler.WindowsHelpText"] = given.mapScroll;
      out["CooperativeGesturesHandler.MacHelpText"] = given.mapScroll;
    }
    if (given.mapFingers) out["CooperativeGesturesHandler.MobileHelpText"] = given.mapFingers;
    return out;
  }

  hasLand() {
    return this.layers.some((layer) => layer.kind === "land");
  }

  add(layer) {
    this.map.addSource(layer.id, { type: "geojson", data: isFlows(layer) ? this.bent(layer) : this.data[layer.id], promoteId: "id" });
    const paint = this["paint_" + layer.kind];
    if (!paint) throw new Error("a layer of unknown kind: " + layer.kind);
    paint.call(this, layer);
  }

  put(layer, part, type, paint, layout, filter) {
    const spec = { id: layer.id + "/" + part, source: layer.id, type, paint, layout: layout || {} };
    if (filter) spec.filter = filter;
    this.map.addLayer(spec);
  }

  paint_land(layer) {
    this.put(layer, "fill", "fill", { "fill-color": this.colour("land") });
    this.put(layer, "line", "line", { "line-color": "#8b98a4", "line-width": 0.8 });
  }

  paint_borders(layer) {
    this.put(layer, "line", "line", { "line-color": "#a9b4be", "line-width": 0.9 });
  }

  paint_areas(layer) {
    const shades = ["match", ["get", "shade"]];
    for (let i = 1; i <= 5; i++) shades.push(i, this.colour("class-" + i));
    shades.push(this.colour("class-0"));
    this.hatch();
    this.put(layer, "fill", "fill", { "fill-color": shades }, {}, [">=", ["get", "shade"], 0]);
    this.put(layer, "hidden", "fill", { "fill-pattern": "hatch" }, {}, ["<", ["get", "shade"], 0]);
    this.put(layer, "line", "line", { "line-color": "#4a545d", "line-width": 0.8 });
    this.put(layer, "emphasis", "line", { "line-color": this.colour("ink"), "line-width": 3 }, {}, ["==", ["get", "emphasis"], true]);
    this.put(layer, "chosen", "line", { "line-color": this.colour("ink"), "line-width": ["case", chosen, 5, 0] });
    this.put(layer, "halo", "line", { "line-color": this.colour("flame"), "line-width": ["case", chosen, 2, 0] });
    this.label(layer);
  }

  paint_flows(layer) {
    const unsure = ["==", ["get", "unsure"], true];
    this.put(layer, "fill", "fill", {
      "fill-color": ["case", unsure, "#f6e3cd", this.colour("chart-main")],
      "fill-opacity": ["case", chosen, 1, 0.8],
    });
    this.put(layer, "line", "line", {
      "line-color": ["case", chosen, this.colour("ink"), unsure, this.colour("chart-second"), "#ffffff"],
      "line-width": ["case", chosen, 3, unsure, 1.2, 0.6],
    });
  }

  // A spot is a shape of its kind, as in the drawing, with a ring beneath it
  // that shows when it is chosen.
  paint_spots(layer) {
    this.shapes();
    this.put(layer, "spot", "circle", {
      "circle-radius": ["case", chosen, 11, 7],
      "circle-color": ["case", chosen, this.colour("flame"), "#ffffff"],
      "circle-stroke-color": this.colour("ink"),
      "circle-stroke-width": ["case", chosen, 2, 0],
    });
    this.put(layer, "shape", "symbol", {}, {
      "icon-image": ["match", ["get", "kind"], 0, "disc", 1, "square", "diamond"],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
    });
    this.label(layer, [0, 0.9]);
  }

  shapes() {
    if (this.map.hasImage("disc")) return;
    const size = 24; // drawn at twice its size, for sharp screens
    const draw = (name, colour, path) => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = size;
      const pen = canvas.getContext("2d", { willReadFrequently: true });
      pen.fillStyle = colour;
      pen.beginPath();
      path(pen);
      pen.fill();
      this.map.addImage(name, pen.getImageData(0, 0, size, size), { pixelRatio: 2 });
    };
    draw("disc", "#b3261e", (pen) => pen.arc(12, 12, 10, 0, 2 * Math.PI));
    draw("square", this.colour("ink"), (pen) => pen.rect(3.5, 3.5, 17, 17));
    draw("diamond", this.colour("chart-second"), (pen) => {
      pen.moveTo(12, 0);
      pen.lineTo(24, 12);
      pen.lineTo(12, 24);
      pen.lineTo(0, 12);
    });
  }

  // label writes names in the reader's own font: the style names no glyphs, so
  // none is asked for.
  label(layer, offset) {
    this.put(
      layer,
      "label",
      "symbol",
      { "text-color": "#0b0c0c", "text-halo-color": "#ffffff", "text-halo-width": 1.6 },
      { "text-field": ["coalesce", ["get", "label"], ""], "text-font": ["Arial"], "text-size": 13, "text-offset": offset || [0, 0], "text-anchor": offset ? "top" : "center" },
    );
  }

  hatch() {
    if (this.map.hasImage("hatch")) return;
    const size = 8;
    const data = new Uint8Array(size * size * 4);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        data.set((x + y) % size < 2 ? [104, 115, 125, 255] : [255, 255, 255, 255], (y * size + x) * 4);
      }
    }
    this.map.addImage("hatch", { width: size, height: size, data });
  }

  // bent makes the tapered curves of the server's drawing, with their widths
  // in pixels at this zoom.
  bent(layer) {
    const world = 512 * 2 ** this.map.getZoom();
    return {
      type: "FeatureCollection",
      features: this.data[layer.id].features.map((feature) => ({
        type: "Feature",
        properties: feature.properties,
        geometry: { type: "Polygon", coordinates: [taper(feature.geometry.coordinates, feature.properties.width, world)] },
      })),
    };
  }

  bend(layer) {
    this.map.getSource(layer.id).setData(this.bent(layer));
  }

  listen() {
    const parts = this.layers
      .flatMap((layer) => ["fill", "hidden", "spot"].map((part) => layer.id + "/" + part))
      .filter((id) => this.map.getLayer(id));
    const under = (point) => {
      // A few pixels around the finger: a thin flow is hard to hit.
      const box = [[point.x - 4, point.y - 4], [point.x + 4, point.y + 4]];
      return this.map.queryRenderedFeatures(box, { layers: parts }).filter((f) => f.properties.said).pop();
    };
    this.map.on("click", (event) => {
      const found = under(event.point);
      this.choose(found ? found.properties.id : null);
    });
    this.map.on("mousemove", (event) => {
      this.map.getCanvas().style.cursor = under(event.point) ? "pointer" : "";
    });
  }

  // find gives the layer and the feature of an id.
  find(id) {
    for (const layer of this.layers) {
      const feature = this.data[layer.id].features.find((f) => String(f.properties.id) === String(id));
      if (feature) return { layer, feature };
    }
    return null;
  }

  choose(id) {
    this.mark(this.chosen, false);
    this.chosen = id !== null && this.find(id) ? String(id) : null;
    this.mark(this.chosen, true);
    const said = this.figure.querySelector("[data-map-selected]");
    if (said) said.textContent = this.chosen ? this.find(this.chosen).feature.properties.said : "";
    for (const [row, button] of this.rows || []) {
      const on = row.dataset.feature === this.chosen;
      row.classList.toggle("lantern-row-chosen", on);
      button.setAttribute("aria-pressed", String(on));
    }
  }

  mark(id, on) {
    const found = id === null ? null : this.find(id);
    if (found) this.map.setFeatureState({ source: found.layer.id, id }, { chosen: on });
  }

  // table gives each row of the twin a button that shows it on the map.
  table() {
    const table = document.getElementById(this.figure.dataset.mapTable || "");
    this.rows = [];
    if (!table) return;
    for (const row of table.querySelectorAll("tr[data-feature]")) {
      if (!this.find(row.dataset.feature)) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "lantern-link-button lantern-map-button";
      const name = document.createElement("span");
      name.className = "govuk-visually-hidden";
      name.textContent = ": " + row.cells[0].textContent.trim() + (row.cells[1] ? ", " + row.cells[1].textContent.trim() : "");
      button.append(this.figure.dataset.mapShow || "Show on map", name);
      button.addEventListener("click", () => {
        this.choose(this.chosen === row.dataset.feature ? null : row.dataset.feature);
      });
      // The keyboard gets what the pointer gets: to be on a row is to see it.
      button.addEventListener("focus", () => this.choose(row.dataset.feature));
      button.addEventListener("mousedown", (event) => event.preventDefault()); // a press is one choice, not a focus and a press
      row.cells[row.cells.length - 1].append(button);
      this.rows.push([row, button]);
    }
  }

  toggles() {
    const box = this.figure.querySelector(".lantern-map__layers");
    if (!box) return;
    box.hidden = false;
    box.querySelectorAll("[data-map-toggle]").forEach((input) => {
      const show = () =>
        this.map.getStyle().layers.forEach((part) => {
          if (part.source === input.dataset.mapToggle) this.map.setLayoutProperty(part.id, "visibility", input.checked ? "visible" : "none");
        });
      input.addEventListener("change", show);
      if (!input.checked) show();
    });
  }

  // failed hears of every error MapLibre has: one layer in trouble is no
  // reason to lose the others, a lost drawing surface is.
  failed(event) {
    if (!this.map.isStyleLoaded() && !this.map.loaded()) this.figure.dataset.mapError = String(event.error && event.error.message);
  }

  giveUp(error) {
    this.figure.dataset.mapState = "failed";
    this.figure.dataset.mapError = String(error && error.message);
    if (this.map) this.map.remove();
    if (this.frame) this.frame.remove();
    if (this.fallback) this.fallback.hidden = false;
  }
}

const chosen = ["boolean", ["feature-state", "chosen"], false];

function isFlows(layer) {
  return layer.kind === "flows";
}

// plain keeps an attribution from being read as mark-up.
function plain(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}

// taper is a quadratic curve bent to its left, full width where it begins and
// a point where it ends; the server's chart package draws the same. It works in
// Mercator pixels and gives degrees.
function taper([from, to], width, world) {
  const [x1, y1] = mercator(from, world);
  const [x2, y2] = mercator(to, world);
  const cx = (x1 + x2) / 2 + (y2 - y1) * 0.18;
  const cy = (y1 + y2) / 2 - (x2 - x1) * 0.18;
  const steps = 24;
  const left = [];
  const right = [];
  for (let i = 0; i <= steps; i++) {
    const t = i / steps;
    const x = (1 - t) ** 2 * x1 + 2 * t * (1 - t) * cx + t * t * x2;
    const y = (1 - t) ** 2 * y1 + 2 * t * (1 - t) * cy + t * t * y2;
    const tx = 2 * (1 - t) * (cx - x1) + 2 * t * (x2 - cx);
    const ty = 2 * (1 - t) * (cy - y1) + 2 * t * (y2 - cy);
    const length = Math.max(Math.hypot(tx, ty), 1e-9);
    const half = Math.max((width / 2) * (1 - t), 0.5);
    left.push(degrees([x - (ty / length) * half, y + (tx / length) * half], world));
    right.push(degrees([x + (ty / length) * half, y - (tx / length) * half], world));
  }
  const ring = left.concat(right.reverse());
  ring.push(ring[0]);
  return ring;
}

function mercator([lon, lat], world) {
  const s = Math.sin((lat * Math.PI) / 180);
  return [((lon + 180) / 360) * world, (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * world];
}

function degrees([x, y], world) {
  const n = Math.PI - (2 * Math.PI * y) / world;
  return [(x / world) * 360 - 180, (180 / Math.PI) * Math.atan(Math.sinh(n))];
}
