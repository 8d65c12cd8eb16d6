// Which seismic zone a place belongs to: the zone with the nearest of a few hand-picked points along well-known plate
// boundaries and hot spots. Good enough to group a week of earthquakes; it is no seismology.

/** A place on the globe in degrees; east and north are positive. */
export interface Place {
  readonly longitude: number
  readonly latitude: number
}

/** Zones by name, each with points along it as [longitude, latitude]. */
const ZONES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  'Aleutian Arc': [[172, 52.5], [-178, 51.5], [-168, 53], [-158, 55.5], [-153, 57]],
  'Interior Alaska': [[-150, 61.5], [-148, 64], [-142, 61], [-153, 60], [-156, 67]],
  'Queen Charlotte Fault': [[-132, 53], [-136, 58]],
  Cascadia: [[-122, 47.5], [-123, 44], [-122, 46], [-127, 49], [-126, 43]],
  'Mendocino Triple Junction': [[-124.5, 40.4]],
  'San Andreas Fault System': [[-122.8, 38.8], [-121.5, 37], [-120.5, 36], [-118.5, 34.5], [-116.7, 33.6], [-115.6, 32.8]],
  'Eastern California Shear Zone': [[-118.9, 37.6], [-117.8, 35.8], [-116.4, 34.6]],
  'Basin and Range': [[-119.6, 39.5], [-117, 38.5], [-115.5, 41], [-112, 40.5], [-112, 38], [-116, 37]],
  'Intermountain Seismic Belt': [[-112.5, 46.8], [-111, 44.6], [-110.7, 43.3], [-114.5, 44.3]],
  'Central United States': [[-97.8, 36.3], [-99, 37], [-101, 32]],
  'New Madrid Seismic Zone': [[-89.6, 36.5], [-84.5, 35.5]],
  'Eastern North America': [[-75, 40], [-71, 45], [-80, 34], [-76, 47]],
  'Middle America Trench': [[-105, 19], [-99, 16.5], [-94, 15], [-89, 13], [-86, 11]],
  'Panama Fracture Zone': [[-80, 7], [-83, 6]],
  'Caribbean Plate Boundary': [[-66, 18.8], [-68.5, 18.6], [-72, 19], [-64.5, 18.8], [-61, 15], [-63, 11]],
  'Peru-Chile Trench': [[-79, -2], [-77, -10], [-72, -17], [-70, -24], [-71, -31], [-73, -37]],
  'Andean Back-Arc': [[-68, -31], [-64, -23], [-68, -21]],
  'East Pacific Rise': [[-105, 9], [-110, -15], [-112, -30]],
  'Pacific-Antarctic Ridge': [[-130, -56], [-150, -58], [-175, -64]],
  'Mid-Atlantic Ridge': [[-31, 36], [-44, 20], [-25, 0], [-13, -15], [-14, -40]],
  'Reykjanes Ridge': [[-33, 58], [-24, 63.5], [-18, 66]],
  'Arctic Ridges': [[-8, 71], [8, 77], [-5, 83], [60, 86]],
  'Scotia Arc': [[-27, -57], [-45, -60], [-66, -57]],
  'Southwest Indian Ridge': [[35, -48], [57, -33]],
  'Southeast Indian Ridge': [[70, -27], [95, -43], [130, -50]],
  'East African Rift': [[29, -6], [27, -9], [36, 2], [40, 12]],
  'Alpide Belt': [[14, 42], [22, 37.5], [28, 37], [39, 38], [46, 34], [53, 28]],
  'Hindu Kush and Pamir': [[70.8, 36.5], [73, 38.5], [67, 39]],
  'Himalayan Front': [[85, 28], [95, 26], [79, 30], [91, 33]],
  'Tian Shan': [[78, 41.5], [84, 44]],
  'Sunda Arc': [[97, 2], [101, -4], [107, -8], [116, -9.5]],
  'Banda Sea': [[125, -8.5], [129, -7], [133, -6]],
  'Molucca Sea': [[126, 1], [124, -1], [120, 0]],
  'Philippine Trench': [[126.5, 8], [124, 12], [121, 15]],
  'Taiwan Collision Zone': [[121.7, 24.1]],
  'Ryukyu Trench': [[128, 27]],
  'Japan Trench': [[142, 37], [144, 42], [140, 34]],
  'Izu-Bonin-Mariana Arc': [[141, 27], [146, 18], [143, 13]],
  'Kuril-Kamchatka Arc': [[150, 46], [160, 54]],
  'New Guinea and Bismarck Sea': [[147, -6.5], [141, -3], [152, -5]],
  'Solomon Trench': [[155.5, -7], [160, -10], [165, -11]],
  'New Hebrides Trench': [[167, -15], [169, -19.5], [171, -22]],
  'Tonga-Kermadec Trench': [[-174, -16], [-174, -20], [-178, -19], [-178, -30]],
  'New Zealand': [[178, -38], [174, -41], [167, -45]],
  Hawaii: [[-155.3, 19.4]],
  'Central Pacific': [[-157, 2], [-150, -8]],
}

/** The name of the nearest zone. */
export function zoneOf(place: Place): string {
  let nearest = ''
  let best = -Infinity
  for (const [name, points] of Object.entries(ZONES)) {
    for (const [longitude, latitude] of points) {
      const near = cosineOfAngle(place, { longitude, latitude })
      if (near > best) [nearest, best] = [name, near]
    }
  }
  return nearest
}

/** The cosine of the angle between two places, seen from the centre of the globe: 1 for the same place, less with distance. */
function cosineOfAngle(a: Place, b: Place): number {
  const [latA, latB] = [radians(a.latitude), radians(b.latitude)]
  return Math.sin(latA) * Math.sin(latB) + Math.cos(latA) * Math.cos(latB) * Math.cos(radians(a.longitude - b.longitude))
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}
