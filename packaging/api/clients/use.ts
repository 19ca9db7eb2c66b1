// Uses the TypeScript client that openapi-generator made of the document: node use.js URL COOKIE
import { Configuration, DefaultApi } from "./made/index";

declare const process: { argv: string[]; exitCode: number };

const [url, cookie] = process.argv.slice(2);
const api = new DefaultApi(new Configuration({ basePath: url, headers: { cookie } }));

async function run(): Promise<void> {
  const made = await api.postDeliveriesBlind({ blindDelivery: { zone: "dock-ts", supplier: "TypeScript" } });
  const list = await api.getDeliveries({ days: 3 });
  const found = list.deliveries.find((delivery) => delivery.id === made.id);
  if (found?.supplier !== "TypeScript") throw new Error("the delivery is not in the list");
  try {
    await api.getDeliveriesId({ id: 999999 });
  } catch (error) {
    const refused = error as { response?: { status: number } };
    if (refused.response?.status !== 404) throw error;
    console.log(`test-api: a TypeScript client received delivery ${made.id}`);
    return;
  }
  throw new Error("what is not there was found");
}

run().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
