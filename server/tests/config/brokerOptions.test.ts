import { describe, expect, it } from 'vitest'
import { parseOptions } from '../../src/config/options.ts'

const EDGE = ['--config', 'a.ini', '--users', 'd', '--mqtt', 'mqtts://broker.example']
const FRONT = ['--from-mqtt', 'mqtts://broker.example']

describe('the broker', () => {
  it('is none unless one is named: a gateway alone needs none', () => {
    expect(parseOptions([], {})).toMatchObject({ mqtt: null, fromMqtt: null, mqttOrders: null, mqttSignKey: null })
  })

  it('is told of nodes by an edge, with an account or a certificate and whose orders are taken', () => {
    const words = '--mqtt-name shack --mqtt-user e --mqtt-password-file p --mqtt-ca ca.pem --mqtt-cert c.pem --mqtt-key k.pem --mqtt-orders o.ini'
    expect(parseOptions([...EDGE, ...words.split(' ')], {})).toMatchObject({
      mqtt: 'mqtts://broker.example:8883', fromMqtt: null, mqttName: 'shack', mqttUser: 'e', mqttPasswordFile: 'p',
      mqttCa: 'ca.pem', mqttCert: 'c.pem', mqttKey: 'k.pem', mqttOrders: 'o.ini',
    })
  })

  it('tells a front, which needs no configuration; variables say the same', () => {
    const env = { SUPERMON_LIVE_FROM_MQTT: 'mqtt://192.0.2.7:1884', SUPERMON_LIVE_MQTT_NAME: 'club', SUPERMON_LIVE_MQTT_SIGN_KEY: 'k.pem' }
    expect(parseOptions([], env)).toMatchObject({ mqtt: null, fromMqtt: 'mqtt://192.0.2.7:1884', mqttName: 'club', mqttSignKey: 'k.pem', config: null })
  })

  it.each([
    [[...EDGE, ...FRONT], '--mqtt and --from-mqtt cannot be combined'],
    [['--mqtt-name', 'shack'], '--mqtt-name needs --mqtt or --from-mqtt'],
    [['--mqtt', 'https://broker.example'], '--mqtt is not the address of a broker; give one like mqtts:'],
    [[...EDGE, '--mqtt-name', 'a/b'], '--mqtt-name "a/b" is not a name'],
    [[...EDGE, '--mqtt-cert', 'c.pem'], '--mqtt-cert and --mqtt-key need each other'],
    [[...EDGE, '--mqtt-password-file', 'p'], '--mqtt-password-file needs --mqtt-user'],
    [['--mqtt', 'mqtt://a', '--mqtt-ca', 'ca.pem'], '--mqtt-ca and --mqtt-cert need an address that begins with mqtts://'],
    [[...EDGE, '--mqtt-sign-key', 'k.pem'], '--mqtt-sign-key needs --from-mqtt'],
    [[...FRONT, '--mqtt-orders', 'o.ini'], '--mqtt-orders needs --mqtt'],
    [['--mqtt', 'mqtt://a', '--mqtt-orders', 'o.ini'], '--mqtt-orders needs --users or --auth'],
  ])('%j is refused', (argv, message) => {
    expect(() => parseOptions(argv, {})).toThrow(message)
  })

  it('takes no password in its address, and does not repeat one', () => {
    const told = () => parseOptions(['--mqtt', 'mqtt://edge:hunter2@broker.example'], {})
    expect(told).toThrow('--mqtt holds an account')
    expect(told).not.toThrow('hunter2')
  })
})
