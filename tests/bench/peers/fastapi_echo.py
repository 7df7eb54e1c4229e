"""The same echo without a log: FastAPI on uvicorn with uvloop."""

import json
import sys

import fastapi
import uvicorn

app = fastapi.FastAPI()


@app.websocket("/v1/session")
async def session(socket: fastapi.WebSocket):
    await socket.accept()
    try:
        while True:
            text = await socket.receive_text()
            opening = json.loads(text)["type"] == "session.open"
            await socket.send_text('{"type":"session.live"}' if opening else text)
    except fastapi.WebSocketDisconnect:
        pass


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", log_level="error")
