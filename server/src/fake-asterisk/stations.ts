/**
 * The stations of the demo. Numbers and call signs of AllStarLink and IRLP entries are those of the public node list
 * (astdb.txt), so that a dashboard with the real list resolves them; the local nodes carry a placeholder call sign.
 */

/** The nodes that this server has unless it is told others. */
export const LOCAL_NODES: readonly string[] = ['546051', '546055', '546056']

const LOCAL_LIST = `
546051|N0CALL|Repeater 146.940-|Example Town
546055|N0CALL|Hub|Example Town
546056|N0CALL|Voted repeater 442.100+|Example Town
`.trim()

const ALLSTAR_LIST = `
2000|WB6NIL|ASL Public Hub|Los Angeles, CA
2003|KM6RPT|448.280-|San Diego County, CA
2015|KA6WIN|Hub|Primary Hub is 2560
2020|KK9ROB|Private Node|California
2022|G7RPG|HUBNet|hubnetwork.uk
2027|WX8GRN|145.270|Lowell, MI
2030|W7AOR|Narri Hub|Las Vegas
2035|KE6PCV|Calnet C4FM Bridge|Corona, CA
2040|K0SEY|442.000+|Minneapolis, MN
2043|N0NKI|443.300+|Saint Paul Minnesota
2048|W4WWM|Bridge Node|Madison, AL
2055|N1KDO|442.000 +5.000|Marietta, GA
2060|KE6UPI|LAX Hub|Los Angeles, CA
2077|W9SH|444.125|Atlanta, GA
2088|KD6RSQ|445.760 -|Ramona, CA
2090|W9DRR|446.000|Waterloo, IA
2095|KC0SOK|443.275+|Derby, KS
2099|W6IZK|446.900|Phoenix AZ 85027
2105|KJ7OMO|PRIDE Multi-mode HUB|Cloud 69
2108|K6JWN|Lab/Testing|Wilton, CA
2116|N8EI|Hub Node|Norton OH USA
2122|NW3F|Cambria UHF HUB|New Germany
2130|N9YTY|147.420|Machesney Park, IL
2132|JI1BQW|430.990|Zama, Kanagawa Japan
2135|W3WAN|WAN-RS Hub|Warren Pennsylvania
2137|KJ6MID|445.900-|Santa Barbara, CA
2139|KJ6MID|Clear Node Residence|Santa Barbara, CA
2142|KJ6JD|444.525|Sacramento California
2144|W6CBS|HUB|San Carlos, CA
2148|N4IRS|DVSwitch|Vero Beach, FL
2156|NO7BS|52.525|Las Vegas
2161|KF7AY|Portable Simplex|Portable Simplex
2165|M0JKT|Goodhand HUB 0|freestar.network
2168|W5EVH|STX Nodes HUB|SouthTexasLinkSystem.com
2180|WB0YRG|442.55|Kansas City, MO
2182|VA3PMO|444.250+|Mississauga, ON
2185|WU7Q|440|Nashville, TN
2194|WU7Q|440|Clarksville, TN
2197|M0XFN|Hub 2|Extended Freedom Network
2200|VE3TNK|Hub Node|Montreal, QC
2202|VE3RSD|443.8125|Mississauga, ON
2205|VA3DVI|442.5875|Milton, ON
2211|K0KN|146.400 Simplex|Olathe, KS
2228|W5LIC|440.100|Channelview,TX
2232|WB6YMH|449.220-|Mt Lukens, Los Angeles, CA
2234|JI1BQW|Hub|Zama, Kanagawa Japan
2236|KD5FMU|Crusader Comm Link|Henryetta, USA
2242|K4KWQ|444.900+ Rpt|Jackson, Michigan, USA
2244|W6RE|S.W.A.T - N.O.C.|Palos Verdes, CA
2246|K7EK|442.625+|Spanaway, WA
2249|VE3XCN|445.175|Oakville ON
2251|W7RWN|HUB|Marysville, WA
2253|GB3KE|145.6875 -0.6|Bearsden, Glasgow
2272|WB6WTM|JOTA HUB|Mount Hope, WV
2286|K4FXC|CAPE FEAR Hub2|Wilmington, NC
2293|WB5NFC|444.4 +|Russellville, AR
2296|GB3FI|430.925 +7.6MHz|Axbridge, Somerset, UK
2299|KB2EAR|446.025|Mobile
2301|W3GFD|442.075 +|Sheffield PA
2323|WN3A|Northeast 220 Hub|New Jersey
2329|VE3URU|444.475+|Toronto, ON
2333|WB6WTM|440.400|Oakland, CA
2335|K1LNX|440.800 +|Knoxville, TN
2338|N3FE|444.600+|Whitnyville, PA
2345|EB5ADX|144.275|ALCANTARILLA/MURCIA
2353|KA6WIN|Winsystem|Hub
2358|VE3WIK|443.675+|Carlisle On
2361|K6JGY|446.520|Shelton, WA
2364|WR8SS|444.775+|Parma Ohio
2626|K7GND|Sight Unseen Hub|Florence, Oregon
22373|GB3RY|438.500MHz  -7.6MHz|S.W. England UK
27008|W5HTK|145.290|Enid Oklahoma
27044|KE7JVX|927.0250-|Mesa/AZ/USA
27075|NH6OV|Hawaiian Allstar HUB|Keaau, Hawaii USA
27091|N7GV|145.270|Pima County, AZ
27130|KB8PMY|N8EMA|ADN 3103 TG 310311 -> XLX265 E
27158|K2YSO|147.420|Jamestown NY 14701
27199|G4RKY|438.800|S.W. England UK
27222|ZL4CEL|147.500|Owaka Valley, New Zealand
27250|PJ4JR|HUB|Bonaire Netherlands
27274|K2ETS|146.940-|Watchung, NJ
27296|N5NWC|146.715 -|Punxsutawney PA
27334|KC2CWT|224.020|carmel/newyork/usa
27373|WH7CD|147.570|DISCOVERY BAY, CA USA
27427|KD5KNZ|444.275|Covington, LA
27462|KF5GXZ|446.025 Simplex|Houston, Texas [USA]
27485|VA3HAL|442.0000+|Haliburton, Ontario
27552|KC0EQA|Nebraska_Hub TGIF|Hastings, Nebraska
27610|W5BI|449.300-|Rio Rancho, NM
27654|K5TRA|RTCM-1|Austin, TX
27690|KK3L|TARGET HUB|Berkeley Springs WV
27744|K8KHW|443.600+|Newport Ohio
27791|W3HZU|53.970 -|York, PA
27838|VE3OSH|147.120 +|Oshawa, Ontario
27867|KA0JQO|147.105+|Mountville, PA
27905|WB2SNN|443.550 +|South River, NJ
27929|W8BS|445.250|Belington, WV
27953|WR7NV|449.650|Las Vegas NV
27983|KF6FM|PotatoPatch 927.0625|Kingman, AZ
28079|K9WRA|146.610|Cazenovia
28123|W5LOS|HUB|28123 Hub
28176|NM5SC|147.080+|La Madera NM
28218|KG7SS|MIXED MODE A/DMR|Las Vegas, Nevada
28252|K3FXR|432.100|Croydon, PA
28288|KB5NFT|ARC ARES RACES EchoL|Carrollton, TX USA
28320|KB2FAF|147.030|Solon, New York USA
28358|N7FM|HUB|Spokane, WA
28395|W2XTV|443.05 +|Little Falls, NJ
28431|NU5M|441.375 + T 192.8|Dilley, TX
28462|W7TWA|441.625|Seattle,WA
28504|N9GMR|446.150|Port Orange Florida
28523|KD4HLV|446.6550|GA
28569|KB9LFZ|443.200+|Tyler, TX
28599|W2DB|927.1125|Crowley
28642|NV5TX|EchoLink Gateway|SouthTexasLinkSystem.com
28684|KC5FOG|147.02 +|Galveston, TX
28758|KE7AZS|UHF|Waukesha, WI
28803|KD0OIL|445.500|Cortez Colorado
28828|KK6DZ|446.500|Henderson NV
28864|KC7WSU|ASL Gateway|Saratoga Springs, Utah
28894|N6IQY|430.200|Sutter
29009|K6ECM|BeagleBoardXM Lab|CA
29079|W5KVN|146.960|Franklin, TX
29121|W6WCN|N/A|SAN DIEGO
29177|M0XFD|144.000|UK
29269|KA9RIX|927.0125|Madeira Beach FL
29304|N8BHU|444.300+|Kent, Ohio
29323|KH6S|442.250 +|Lihue, Kauai, Hawaii
29360|VE3OC|DMR 2FM Bridge|Toronto, Ontario, Canada
29440|WA6LAW|UHF|Portable
29481|AB5JK|444.600 +|Uvalde, Texas
29523|K3HP|145.250-|Damascus MD
29571|AC0KQ|447.850-|Evergreen, CO
29623|W5UOK|145.110|Buffalo, TX
29683|K9NZF|PRIVATE|Anderson
29764|WA2IAF|447.375 Mhz NYCRA|Staten Island, NY
29792|KF4TNP|444.075+|Estill Springs, TN
29820|KY4RY|436.0000|Kitty Hawk, NC
29848|KC2PMW|147.525|Medford, NJ
29905|WX0X|433.500|Cabot, AR
29973|W2YMM|147.535|Long Island NY
40009|WX5NAS|147.315+, others|NW Arkansas
40038|AB5N|446.225|Hot Springs, AR
40083|WH6DPT|442.175+|Waikoloa, Hawaii USA
40120|K5BLS|AS Hub node|Nevada
40161|W2WDS|53.11 -  pl 82.5|Naples , NY
40188|N1DSB|147.535|Waterford, NJ
40222|WV8CW|145.675|YSF 82040
40256|WA6AYJ|927.9875|La Canada, CA
`.trim()

const IRLP_LIST = `
80016|NEWSLINE|[IRLP EXP0016]|Amateur Radio Newsline
89990|REF9990|[IRLP 9990]|ECHO Reflector
`.trim()

export interface Station {
  readonly number: string
  readonly callsign: string
}

function parse(list: string): readonly Station[] {
  return list.split('\n').map((line) => {
    const [number = '', callsign = ''] = line.split('|')
    return { number, callsign }
  })
}

export const ALLSTAR_STATIONS: readonly Station[] = parse(ALLSTAR_LIST)
export const IRLP_STATIONS: readonly Station[] = parse(IRLP_LIST)

/** EchoLink: node number as app_rpt writes it ("3" and six digits), and the name that EchoLink's own list has for it. */
export const ECHOLINK_STATIONS: readonly Station[] = [
  { number: '3009999', callsign: '*ECHOTEST*' },
  { number: '3101425', callsign: 'N0CALL-L' },
  { number: '3004742', callsign: 'N0CALL-R' },
  { number: '3564120', callsign: 'N0CALL' },
]

/** Every station that has a row in the public list, in the format of astdb.txt: `number|call|description|location`. */
export const STATION_LIST = `${LOCAL_LIST}\n${ALLSTAR_LIST}\n${IRLP_LIST}\n`
