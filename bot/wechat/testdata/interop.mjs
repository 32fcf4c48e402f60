// Plays WeChat's side of the sealing with the npm package @wecom/crypto: posts
// a sealed message to the URL given, and opens the sealed answer.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(process.cwd() + '/'));
const { encrypt, decrypt, getSignature } = require('@wecom/crypto');
const { url, token, aesKey, appID, xml } = JSON.parse(process.env.INTEROP);

const sealed = encrypt(aesKey, xml, appID);
const timestamp = String(Math.floor(Date.now() / 1000));
const nonce = '1597313';
const query = new URLSearchParams({
	signature: getSignature(token, timestamp, nonce, ''),
	timestamp, nonce, openid: 'oUSER', encrypt_type: 'aes',
	msg_signature: getSignature(token, timestamp, nonce, sealed),
});
const response = await fetch(`${url}?${query}`, {
	method: 'POST',
	body: `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`,
});
const body = await response.text();
const element = (name) => (body.match(new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`, 's')) ?? [])[1] ?? '';
const answer = element('Encrypt');
const opened = answer ? decrypt(aesKey, answer) : { message: '', id: '' };
console.log(JSON.stringify({
	status: response.status, body, ...opened,
	signed: element('MsgSignature') === getSignature(token, element('TimeStamp'), element('Nonce'), answer),
}));
