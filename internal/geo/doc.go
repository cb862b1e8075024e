// Package geo holds the small geography Lantern needs: points, the British National Grid, grid references, the form
// of a postcode, polygons and the question "which area is this point in", square cells, GeoJSON, and what a point
// published by data.police.uk can and cannot support.
//
// Everything is values in, values out. The package reads no file, asks no service and keeps no table of places: the
// table of forces, districts and boroughs is gazetteer/schematic, and boundaries and postcodes are loaded by each
// installation through gazetteer.
//
// Two coordinate systems appear and the types keep them apart. A [Point] is longitude and latitude in degrees, WGS84,
// in that order, as in GeoJSON. A [Grid] is easting and northing in metres on the British National Grid. [ToGrid] and
// [ToPoint] convert with the seven-parameter Helmert transformation, which is within about 5 m of Ordnance Survey's
// exact OSTN15 grid: far below the 10 to 100 m uncertainty of a postcode, and not good enough for surveying.
//
// Bad data is an error that says what was expected. A panic is a programmer's mistake, such as a cell of no size.
package geo
